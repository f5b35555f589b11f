// greet: greets whom the payload names. Payload {"name": "Ada"}, result {"text": "Hello, Ada"}.
// The same program serves many tasks in one process, or one in each, as the manifest beside it says.
using OpenClaw.Client.Plugins;

return await Plugin.ServeAsync(handlers => handlers.On<Person, Greeting>("greet", GreetAsync));

// The token fires when the task's time is over or nobody wants its result any more.
static async Task<Greeting> GreetAsync(Person person, PluginTask task, CancellationToken cancellation)
{
    if (string.IsNullOrEmpty(person.Name))
    {
        // Another attempt cannot help: the payload stays what it is.
        throw new PluginFailureException("the payload needs a \"name\"", "bad-payload", isRetryable: false);
    }

    task.Progress(0.5, "greeting " + person.Name);
    task.Log("greeting " + person.Name);
    await Task.Delay(TimeSpan.FromMilliseconds(1), cancellation);
    return new Greeting("Hello, " + person.Name);
}

internal sealed record Person(string? Name);

internal sealed record Greeting(string Text);
