package fetch

// SmallParts makes parts so small that files of some hundred kilobytes are large.
func (c *Client) SmallParts() { c.buffers.size = SmallPart }

// SmallPart is the size of a small part.
const SmallPart = 64 << 10

// SpendRetries takes n from the retries that all downloads together may cost.
func (c *Client) SpendRetries(n int64) { c.retries.Add(n) }

// What tests play to.
const (
	MaxBuffers    = maxBuffers
	MaxRunRetries = maxRunRetries
)
