package fetch

// SmallParts makes parts so small that files of some hundred kilobytes are large.
func (c *Client) SmallParts() { c.chunkSize = SmallPart }

// SmallPart is the size of a small part.
const SmallPart = 16 << 10

// FreeChunks returns how many of the chunks that all downloads share nobody has.
func (c *Client) FreeChunks() int { return len(c.chunks) }

// NoTime makes every file one that takes too long.
func (c *Client) NoTime() { c.slowest = slowest{sized: 1 << 62, unsized: 1 << 62} }

// SpendRetries takes n from the retries that the downloads of a host may cost.
func (c *Client) SpendRetries(host string, n int64) { c.host(host).retries.Add(n) }

// Nothing is a Sink that keeps nothing.
type Nothing struct{}

func (Nothing) Start(Head)                  {}
func (Nothing) Write(p []byte) (int, error) { return len(p), nil }

// What tests play to.
const (
	MaxChunks      = maxChunks
	MaxHostRetries = maxHostRetries
	MaxConnections = maxConnections
	MaxSilent      = maxSilent
)
