package github

// Wait is the real one of Config.Sleep.
var Wait = wait

// RunOf reads a comment's marker line.
func RunOf(body string) (id int64, attempt int) {
	r := runOf(body)
	return r.id, r.attempt
}
