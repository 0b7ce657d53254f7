package fetch

import (
	"testing"
	"time"
)

func TestMoreConnectionsComeWhenTheHashStarvesAndStayWhenTheyPay(t *testing.T) {
	const size = 1 << 20
	type part struct {
		takes, starved time.Duration
		width          int
		want           advice
	}
	slow := part{takes: 100, starved: 90, width: 1}
	quick := part{takes: 100, starved: 10, width: 1}
	several := func(takes time.Duration) part { return part{takes: takes, starved: takes, width: 4} }
	say := func(p part, want advice) part { p.want = want; return p }
	repeat := func(p part, n int) (all []part) {
		for range n {
			all = append(all, p)
		}
		return all
	}
	for name, parts := range map[string][][]part{
		"fast enough":                    {repeat(quick, 20)},
		"slow":                           {{slow, say(slow, more)}, repeat(slow, 20)},
		"slow later":                     {repeat(quick, 4), {slow, say(slow, more)}},
		"slow now and then":              {{slow, quick, slow, quick}},
		"several pay":                    {{slow, say(slow, more), slow}, repeat(several(25), 30)},
		"several do not pay":             {{slow, say(slow, more), slow}, repeat(several(95), 11), {say(several(95), fewer)}, repeat(several(95), 30)},
		"first parts of several are not": {{slow, say(slow, more), slow}, repeat(several(900), 4), repeat(several(25), 30)},
	} {
		t.Run(name, func(t *testing.T) {
			var p pace
			now := time.Now()
			p.reset(now)
			n := 0
			for _, run := range parts {
				for _, part := range run {
					now = now.Add(part.takes * time.Millisecond)
					p.starved += part.starved * time.Millisecond
					if got := p.count(now, size, part.width); got != part.want {
						t.Errorf("part %d: got advice %d, want %d", n, got, part.want)
					}
					n++
				}
			}
		})
	}
}

func TestConnectionsThatCanNotPayAreNotOpened(t *testing.T) {
	const size = 2 << 20
	for name, test := range map[string]struct {
		rate   float64 // of one connection, bytes a second
		width  int
		begins time.Duration
		want   bool
	}{
		"near and slow":  {rate: 20e6, width: 8, begins: 10 * time.Millisecond, want: true},
		"far and slow":   {rate: 20e6, width: 8, begins: 400 * time.Millisecond, want: true},
		"far and quick":  {rate: 500e6, width: 8, begins: 400 * time.Millisecond},
		"near and quick": {rate: 500e6, width: 8, begins: 10 * time.Millisecond, want: true},
		"far and few":    {rate: 20e6, width: 2, begins: time.Second},
		"far and many":   {rate: 20e6, width: 9, begins: time.Second, want: true},
	} {
		if got := promising(test.rate, test.width, size, test.begins); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
