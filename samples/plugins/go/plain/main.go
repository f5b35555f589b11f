// greet greets whom the payload names. Payload {"name": "Ada"}, result {"text": "Hello, Ada"}.
//
// One process, one task: the payload comes on standard input, the result goes to standard output, lines of the task to standard
// error, progress and the reason of a failure to descriptor 3.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

type payload struct {
	Name string `json:"name"`
}

type result struct {
	Text string `json:"text"`
}

// report is a line for the worker.
type report struct {
	Kind      string  `json:"kind"`
	Progress  float64 `json:"progress,omitempty"`
	Message   string  `json:"message"`
	Code      string  `json:"code,omitempty"`
	Retryable bool    `json:"retryable"`
}

func main() {
	reports := json.NewEncoder(os.NewFile(3, "reports"))
	var given payload
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil || given.Name == "" {
		// Another attempt cannot help: the payload stays what it is.
		reports.Encode(report{Kind: "failure", Message: `the payload needs a "name"`, Code: "bad-payload"})
		os.Exit(1)
	}
	reports.Encode(report{Kind: "progress", Progress: 0.5, Message: "greeting " + given.Name})
	fmt.Fprintln(os.Stderr, "greeting", given.Name)
	json.NewEncoder(os.Stdout).Encode(result{Text: "Hello, " + given.Name})
}
