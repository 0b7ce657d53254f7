package finding

var urlRules = []Rule{}
