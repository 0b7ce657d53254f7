package fetch

import "context"

// slots bound how many of something there are at a time. Who waits for one gets it in the order of the calls.
type slots chan struct{}

func newSlots(n int) slots {
	s := make(slots, n)
	for range n {
		s.give()
	}
	return s
}

// take waits for a slot.
func (s slots) take(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case <-s:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// tryTake takes a slot if one is free.
func (s slots) tryTake() bool {
	select {
	case <-s:
		return true
	default:
		return false
	}
}

func (s slots) give() { s <- struct{}{} }
