package main

import (
	"context"
	"encoding/json"
)

// failure says more than an error: a code, and whether another attempt may help.
type failure struct {
	message   string
	code      string
	retryable bool
}

func (f *failure) Error() string { return f.message }

type payload struct {
	Name string `json:"name"`
}

type result struct {
	Text string `json:"text"`
}

// handle does the work. ctx ends when the task's time is over or nobody wants its result any more.
func handle(ctx context.Context, task given) (any, error) {
	var p payload
	if err := json.Unmarshal(task.Payload, &p); err != nil || p.Name == "" {
		// Another attempt cannot help: the payload stays what it is.
		return nil, &failure{message: `the payload needs a "name"`, code: "bad-payload"}
	}
	half := 0.5
	out.Encode(said{Kind: "progress", ID: task.ID, Progress: &half, Message: "greeting " + p.Name})
	out.Encode(said{Kind: "log", ID: task.ID, Level: "info", Message: "greeting " + p.Name})
	return result{Text: "Hello, " + p.Name}, ctx.Err()
}
