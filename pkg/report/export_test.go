package report

// ReadAtMost is Read with another bound, in bytes.
var ReadAtMost = read
