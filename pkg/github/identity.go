package github

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	gh "github.com/google/go-github/v57/github"
)

// actionsBot is the user of a workflow's own token, which can't read its user.
const actionsBot = "github-actions[bot]"

// identity caches the token's user.
type identity struct {
	sync.Mutex
	login string
}

// written is a comment or an issue.
type written interface{ GetUser() *gh.User }

// own returns the items written by the token's user. It reads the name of an App's bot only if another bot wrote an item.
func own[T written](ctx context.Context, c *Client, items []T) (mine []T, err error) {
	if len(items) == 0 {
		return nil, nil
	}
	c.identity.Lock()
	defer c.identity.Unlock()
	if c.identity.login == "" {
		if c.identity.login, err = c.login(ctx); err != nil {
			return nil, err
		}
	}
	mine = writtenBy(items, c.identity.login)
	isBots := func(item T) bool { return item.GetUser().GetType() == "Bot" }
	if len(mine) == 0 && c.identity.login == actionsBot && slices.ContainsFunc(items, isBots) {
		c.identity.login = c.viewer(ctx)
		mine = writtenBy(items, c.identity.login)
	}
	return mine, nil
}

func writtenBy[T written](items []T, login string) (mine []T) {
	for _, item := range items {
		if strings.EqualFold(item.GetUser().GetLogin(), login) {
			mine = append(mine, item)
		}
	}
	return mine
}

// login returns the token's user. GitHub refuses the token of an App's installation, such as a workflow's own
// (https://docs.github.com/rest/users/users#get-the-authenticated-user).
func (c *Client) login(ctx context.Context) (string, error) {
	user, err := ask[gh.User](ctx, c, request{doing: "identifying the token's user", path: "user"}, nil)
	var refused *Error
	if errors.As(err, &refused) && refused.Status/100 == 4 && !refused.transient {
		return actionsBot, nil
	}
	return cmp.Or(user.GetLogin(), actionsBot), err
}

// viewer returns the name of an App's bot from GraphQL, else a workflow's.
func (c *Client) viewer(ctx context.Context) string {
	type viewer struct {
		Data struct{ Viewer struct{ Login string } }
	}
	query := request{doing: "identifying the token's user", method: "POST", path: c.graphql, body: map[string]string{"query": "{viewer{login}}"}, once: true}
	hasLogin := func(v viewer) bool { return v.Data.Viewer.Login != "" }
	if answer, err := ask(ctx, c, query, hasLogin); err == nil {
		return answer.Data.Viewer.Login
	}
	return actionsBot
}
