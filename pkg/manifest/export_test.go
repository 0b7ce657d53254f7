package manifest

// Source returns a value as it is written in the manifest.
func Source(text []byte, v *Value) []byte { return text[v.start:v.end] }
