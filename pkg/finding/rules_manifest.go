package finding

var manifestRules = []Rule{}
