using System.Text.Json.Serialization;
using OpenClaw.Client;

// Counts the words of files on a cluster: ClientConsole FILE…
// The cluster is the one of this machine: clw up --plugin-dir plugins. The parts between marks stand in docs/client.md.
if (args.Length == 0)
{
    Console.Error.WriteLine("usage: ClientConsole FILE...");
    return 2;
}

try
{
    // docs: connect
    await using var client = await OpenClawClient.ConnectAsync();
    // end

    // docs: submit
    var task = await client.SubmitAsync("wordcount", new { path = args[0], top = 3 });
    var count = await task.ResultAsync<WordCount>();
    Console.WriteLine($"{task.Id}: {count!.Words} words, most often '{count.Top[0].Word}'");
    // end

    // docs: request
    var request = TaskRequest.Create("wordcount", new CountRequest(args[0], Top: 1), SampleJson.Default.CountRequest) with
    {
        Key = $"count {args[0]}",
        Priority = 10,
        Timeout = TimeSpan.FromMinutes(1),
        MaxRetries = 0,
        Labels = new Dictionary<string, string> { ["asked-by"] = "ClientConsole" },
    };
    var again = await client.RunAsync(request, SampleJson.Default.WordCount);
    Console.WriteLine($"typed: {again!.Distinct} different words");
    // end

    // docs: watch
    var sleeper = await client.SubmitAsync("sleep", new { ms = 50 });
    await foreach (var happened in sleeper.WatchAsync())
    {
        Console.WriteLine(
            happened switch
            {
                TaskStateChanged changed => $"state: {changed.Task.State}",
                TaskProgressed progressed => $"progress: {progressed.Progress.Fraction:P0} {progressed.Progress.Message}",
                TaskLogged line => $"{line.Level}: {line.Text}",
                _ => "something newer than this program",
            }
        );
    }
    // end

    // docs: many
    var requests = args.Select(file => TaskRequest.Create("wordcount", new { path = file }));
    var stored = await client.SubmitManyAsync(requests);
    long words = 0;
    await foreach (var ended in client.WaitManyAsync(stored.Ids))
    {
        words += ended.Succeeded ? ended.ResultAs<WordCount>()!.Words : 0;
    }

    Console.WriteLine($"{stored.Ids.Count} files have {words} words");
    // end

    // docs: stream
    long receipts = 0;
    await foreach (var receipt in client.SubmitManyAsync(NoopsAsync(count: 5000)))
    {
        receipts = receipt.Index + 1;
    }

    Console.WriteLine($"{receipts} are stored");

    static async IAsyncEnumerable<TaskRequest> NoopsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return new TaskRequest("noop");
        }
    }
    // end

    // docs: list
    await foreach (
        var found in client.ListAsync(
            new TaskFilter
            {
                Type = "wordcount",
                States = [TaskState.Succeeded],
                Limit = 2,
            }
        )
    )
    {
        Console.WriteLine($"{found.Id} ran {found.RunTime?.TotalMilliseconds:0.0} ms on {found.Worker}");
    }

    var status = await client.GetStatusAsync();
    Console.WriteLine($"{status.Workers.Count} worker, healthy: {status.IsHealthy}");
    // end

    // docs: cancel
    var later = await client.SubmitAsync(new TaskRequest("noop") { Delay = TimeSpan.FromHours(1) });
    await later.CancelAsync("not needed any more");
    Console.WriteLine($"cancelled: {(await later.GetAsync()).Reason}");
    await later.RetryAsync(); // at once, whatever its delay was
    Console.WriteLine($"after the retry: {(await later.WaitAsync()).State}");
    // end

    // docs: errors
    try
    {
        await client.RunAsync<WordCount>(TaskRequest.Create("wordcount", new { path = "/no/such/file" }));
    }
    catch (TaskFailedException e)
    {
        Console.WriteLine($"the task failed: {e.Code}: {e.Task.Failure?.Message}");
    }

    try
    {
        await client.GetAsync("task-zzzzzz");
    }
    catch (OpenClawException e) when (e.Code == ErrorCodes.TaskNotFound)
    {
        Console.WriteLine($"{e.Reason} Next: {e.NextStep}");
    }
    // end

    return 0;
}
catch (OpenClawException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

// docs: types
internal sealed record CountRequest(string Path, int Top);

internal sealed record Frequent(string Word, int Count);

internal sealed record WordCount(int Words, int Distinct, Frequent[] Top);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(CountRequest))]
[JsonSerializable(typeof(WordCount))]
internal sealed partial class SampleJson : JsonSerializerContext;
// end
