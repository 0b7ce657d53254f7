package finding

var schemaRules = []Rule{}
