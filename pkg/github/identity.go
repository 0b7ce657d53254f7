package github

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	gh "github.com/google/go-github/v57/github"
)

// actionsBot is who writes with a workflow's own token, which may not ask for its name.
const actionsBot = "github-actions[bot]"

// identity is who the token speaks for, asked for once.
type identity struct {
	mu     sync.Mutex
	login  string
	isUser bool // GET /user answered: the login is certain
	viewer string
	asked  bool // for the viewer
}

// written is what has an author: a comment or an issue.
type written interface{ GetUser() *gh.User }

// own returns those of the items that the token's user wrote.
func own[T written](ctx context.Context, c *Client, items []T) ([]T, error) {
	if len(items) == 0 {
		return nil, nil
	}
	c.identity.mu.Lock()
	defer c.identity.mu.Unlock()
	login, certain, err := c.login(ctx)
	if err != nil {
		return nil, err
	}
	mine := writtenBy(items, login)
	if len(mine) > 0 || certain || !anyBot(items) {
		return mine, nil
	}
	return writtenBy(items, c.viewer(ctx)), nil
}

func writtenBy[T written](items []T, login string) (mine []T) {
	for _, item := range items {
		if login != "" && strings.EqualFold(item.GetUser().GetLogin(), login) {
			mine = append(mine, item)
		}
	}
	return mine
}

func anyBot[T written](items []T) bool {
	for _, item := range items {
		if item.GetUser().GetType() == "Bot" {
			return true
		}
	}
	return false
}

// login is the token's user, certain where GitHub names it. GitHub refuses the token of an App's
// installation, a workflow's own among them (https://docs.github.com/rest/users/users#get-the-authenticated-user).
func (c *Client) login(ctx context.Context) (login string, certain bool, err error) {
	if c.identity.login != "" {
		return c.identity.login, c.identity.isUser, nil
	}
	user, err := read(ctx, c, task{doing: "asking whose token this is"}, nil, func() (*gh.User, *gh.Response, error) {
		return c.api.Users.Get(ctx, "")
	})
	var refused *Error
	switch {
	case err == nil && user.GetLogin() != "":
		c.identity.login, c.identity.isUser = user.GetLogin(), true
	case err == nil, errors.As(err, &refused) && refusesName(refused):
		c.identity.login = actionsBot
	default:
		return "", false, err
	}
	return c.identity.login, c.identity.isUser, nil
}

func refusesName(e *Error) bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusNotFound || e.Status == http.StatusForbidden && !e.transient
}

// viewer is the name of an App's bot, which only GraphQL tells; "" where it does not. It is requested
// only where another bot wrote a comment with our marker.
func (c *Client) viewer(ctx context.Context) string {
	if c.identity.asked {
		return c.identity.viewer
	}
	c.identity.asked = true
	type viewer struct {
		Data struct{ Viewer struct{ Login string } }
	}
	if answer, _, err := send[viewer](ctx, c, "POST", c.graphql, map[string]string{"query": "{viewer{login}}"}); err == nil {
		c.identity.viewer = answer.Data.Viewer.Login
	}
	return c.identity.viewer
}
