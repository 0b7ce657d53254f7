package finding

var jsonRules = []Rule{}
