// Package docs holds the pages of this folder that the program itself shows.
package docs

import _ "embed" // for the page

// Rules documents every rule that a finding can name, in a section of its own.
//
//go:embed rules.md
var Rules string
