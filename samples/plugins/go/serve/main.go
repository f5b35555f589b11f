// greet greets whom the payload names. Payload {"name": "Ada"}, result {"text": "Hello, Ada"}.
//
// mode: serve. One process, many tasks, one at a time: one JSON object a line on standard input and output; lines of the task on
// standard error.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
)

// given is what the worker says: a task, or that one is not wanted any more.
type given struct {
	Kind      string          `json:"kind"`
	ID        string          `json:"id"`
	OutputDir string          `json:"output_dir"`
	Payload   json.RawMessage `json:"payload"`
}

// said is what we say; members that a kind does not have are left out.
type said struct {
	Kind      string   `json:"kind"`
	ID        string   `json:"id,omitempty"`
	Version   int      `json:"version,omitempty"`
	Cancel    bool     `json:"cancel,omitempty"`
	Progress  *float64 `json:"progress,omitempty"`
	Level     string   `json:"level,omitempty"`
	Message   string   `json:"message,omitempty"`
	Code      string   `json:"code,omitempty"`
	Retryable *bool    `json:"retryable,omitempty"`
	Result    any      `json:"result,omitempty"`
}

var out = json.NewEncoder(os.Stdout)

func main() {
	out.Encode(said{Kind: "hello", Version: 1, Cancel: true})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 2<<20)
	cancel := func() {}
	running := ""
	for lines.Scan() {
		var line given
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			os.Stderr.WriteString("not a line of the protocol: " + err.Error() + "\n")
			os.Exit(1)
		}
		switch {
		case line.Kind == "task":
			cancel()
			var ctx context.Context
			ctx, cancel = context.WithCancel(context.Background())
			running = line.ID
			go answer(ctx, line)
		case line.Kind == "cancel" && line.ID == running:
			cancel()
		}
	}
}

// answer runs a task; the next one comes when it has answered.
func answer(ctx context.Context, task given) {
	result, err := handle(ctx, task)
	if err != nil {
		var failed *failure
		if !errors.As(err, &failed) {
			failed = &failure{message: err.Error(), retryable: true}
		}
		out.Encode(said{Kind: "failure", ID: task.ID, Message: failed.message, Code: failed.code, Retryable: &failed.retryable})
		return
	}
	out.Encode(said{Kind: "result", ID: task.ID, Result: result})
}
