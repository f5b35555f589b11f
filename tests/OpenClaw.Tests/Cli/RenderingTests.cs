using Google.Protobuf;
using OpenClaw.Cli.Rendering;
using OpenClaw.Cli.Shell;
using OpenClaw.V1;

namespace OpenClaw.Tests.Cli;

/// <summary>What people and scripts read, letter by letter.</summary>
public sealed class RenderingTests
{
    private static readonly Terminal Plain = new()
    {
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        OpenInput = () => Stream.Null,
    };

    [Fact]
    public void The_cluster_is_the_tree_of_the_field_guide()
    {
        var status = new StatusResponse
        {
            Cluster = "production-cluster",
            Manager = new ManagerStatus { State = "healthy", Leader = true },
            QueueDepth = 247,
            Workers =
            {
                Worker("worker-01", "healthy", "192.168.1.101:9090"),
                Worker("worker-02", "UNREACHABLE", "192.168.1.102:9090"),
                Worker("worker-03", "healthy", "192.168.1.103:9090"),
            },
        };
        Assert.Equal(
            """
            CLUSTER: production-cluster
            ├── Manager:        healthy (leader)
            ├── Workers:        3 total, 1 unreachable
            │   ├── worker-01   healthy    192.168.1.101:9090
            │   ├── worker-02   UNREACHABLE 192.168.1.102:9090
            │   └── worker-03   healthy    192.168.1.103:9090
            └── Queue Depth:    247 pending tasks
            """.ReplaceLineEndings("\n"),
            string.Join('\n', ClusterTree.Lines(Plain, status))
        );
    }

    [Fact]
    public void What_is_wrong_with_a_cluster_is_said_below_it()
    {
        var status = new StatusResponse
        {
            Cluster = "local",
            Manager = new ManagerStatus { State = "degraded" },
            QueueDepth = 5,
            Delayed = 2,
            Unserved =
            {
                new UnservedType
                {
                    Type = "helo",
                    Waiting = 3,
                    Refused = { "w1 refuses helo.lua:2: unexpected symbol" },
                },
            },
            Problems = { "the disk is full\u001b[2J" },
        };
        Assert.Equal(
            """
            CLUSTER: local
            ├── Manager:        degraded
            ├── Workers:        0 total
            └── Queue Depth:    5 pending tasks, 2 of them delayed
                └── no worker serves helo: 3 waiting; w1 refuses helo.lua:2: unexpected symbol

            ! the disk is full [2J
            """.ReplaceLineEndings("\n"),
            string.Join('\n', ClusterTree.Lines(Plain, status))
        );
    }

    [Fact]
    public void Tasks_are_a_table_that_awk_can_cut()
    {
        const long now = 1_700_000_900_000;
        V1.Task[] tasks =
        [
            Task("task-7a8b2c", "data-process", TaskState.Pending, now - 900_000, worker: "worker-02"),
            Task("task-8c9d3e", "image", TaskState.Running, now - 45_000, worker: "worker-1", retries: 2),
            Task("task-9f0e4a", "video-encode", TaskState.Dead, now - (3 * 86_400_000L)),
        ];
        Assert.Equal(
            """
            TASK ID      TYPE          WORKER     AGE  RETRY  STATUS
            task-7a8b2c  data-process  worker-02  15m  0/3    PENDING
            task-8c9d3e  image         worker-1   45s  2/3    RUNNING
            task-9f0e4a  video-encode  -          3d   0/3    DEAD
            """.ReplaceLineEndings("\n"),
            string.Join('\n', TaskTable.Lines(Plain, tasks, now))
        );
    }

    [Theory]
    [InlineData(90, "task-7a8b2c  a-rather-long-type-of-task  worker-02-of-the-west  15m  0/3    PENDING")]
    [InlineData(60, "task-7a8b2c  a-rather-…  worker-02-…  15m  0/3    SUCCEEDED")]
    [InlineData(40, "task-7a8b2c  a-rathe…  15m  SUCCEEDED")]
    [InlineData(24, "task-7a8b2c  SUCCEEDED")]
    public void In_a_narrow_window_a_task_keeps_its_id_and_its_status(int room, string expected)
    {
        var table = new Table("TASK ID", "TYPE", "WORKER", "AGE", "RETRY", "STATUS");
        table.Add("task-7a8b2c", "a-rather-long-type-of-task", "worker-02-of-the-west", "15m", "0/3", expected.Split(' ')[^1]);
        var line = table.Lines(fit: new TableFit(room - 1, [1, 2], [4, 2, 3, 1])).Last();
        Assert.Equal(expected, line);
        Assert.True(line.Length < room);
    }

    [Fact]
    public void A_worker_shows_how_busy_it_is_and_why_it_is_drained()
    {
        var status = new StatusResponse
        {
            Cluster = "local",
            Manager = new ManagerStatus { State = "healthy" },
            Workers =
            {
                new WorkerStatus
                {
                    Id = "w1",
                    State = "draining",
                    Address = "10.0.0.1:9091",
                    Slots = 4,
                    Running = 1,
                    Held = 1,
                    Pid = 815,
                    Drain = new WorkerDrain { By = "anna", Reason = "a new disk" },
                },
                new WorkerStatus
                {
                    Id = "w2",
                    State = "UNREACHABLE",
                    Address = "10.0.0.2:9091",
                    Slots = 4,
                    Held = 3,
                    Pid = 4711,
                },
            },
        };
        Assert.Equal(
            [
                "├── Workers:        2 total, 1 unreachable, 1 draining",
                "│   ├── w1          draining   10.0.0.1:9091  drained, holds 1 task  (a new disk)  1/4 busy  pid 815",
                "│   └── w2          UNREACHABLE 10.0.0.2:9091  holds 3 tasks",
            ],
            ClusterTree.Lines(Plain, status).Skip(2).Take(3)
        );
    }

    [Fact]
    public void A_failed_task_shows_why_and_what_next()
    {
        var task = Task("task-8c9d3e", "image", TaskState.Failed, 1_700_000_000_000, worker: "w1");
        task.Attempt = 1;
        task.RunMicros = 12_345;
        task.Payload = ByteString.CopyFromUtf8("{\"path\":\"a.png\"}");
        task.Failure = new TaskFailure
        {
            Code = "clw-task-failed",
            Message = "no such file\nsecond line",
            ExitCode = 139,
            Signal = "SIGSEGV",
            LastLines = { "one", "two\u0007" },
        };
        Assert.Equal(
            """
            Task:          task-8c9d3e
            Type:          image
            Status:        FAILED
            Worker:        w1
            Attempt:       1
            Retries:       0/3
            Created:       2023-11-14T22:13:20.000Z
            Ran for:       12.3 ms
            Failure:       clw-task-failed: no such file
                           second line
            Exit code:     139 (SIGSEGV)
            Last lines:    one
                           two 
            Next:          After mending the cause: clw task retry task-8c9d3e
            Payload:       {
                             "path": "a.png"
                           }
            """.ReplaceLineEndings("\n"),
            string.Join('\n', TaskView.Lines(Plain, task))
        );
    }

    [Fact]
    public void A_task_as_json_leaves_out_what_does_not_apply()
    {
        var task = Task("task-8c9d3e", "image", TaskState.Succeeded, 1_700_000_000_000);
        task.Result = ByteString.CopyFromUtf8("{\"n\":1.0}");
        Assert.Equal(
            """{"id":"task-8c9d3e","project":"default","queue":"default","type":"image","state":"SUCCEEDED","priority":0,"attempt":0,"retries":0,"max_retries":3,"losses":0,"created_at":"2023-11-14T22:13:20.000Z","result":{"n":1.0}}""",
            Json.ToText(writer => TaskJson.Write(writer, task), Json.Compact)
        );
    }

    [Fact]
    public void Colours_stand_around_the_padded_cell_and_only_where_they_are_wanted()
    {
        var coloured = new Terminal
        {
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            OpenInput = () => Stream.Null,
            Colors = true,
        };
        var lines = TaskTable.Lines(coloured, [Task("task-8c9d3e", "image", TaskState.Dead, 0)], 0).ToList();
        Assert.EndsWith("\u001b[31mDEAD\u001b[0m", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', string.Concat(TaskTable.Lines(Plain, [Task("t", "t", TaskState.Dead, 0)], 0)));
    }

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(59.9, "59s")]
    [InlineData(60, "1m")]
    [InlineData(3599, "59m")]
    [InlineData(86_399, "23h")]
    [InlineData(86_400, "1d")]
    public void An_age_is_one_unit(double seconds, string text) => Assert.Equal(text, Times.Age(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0 µs")]
    [InlineData(999, "999 µs")]
    [InlineData(12_345, "12.3 ms")]
    [InlineData(123_456, "123 ms")]
    [InlineData(1_234_567, "1.23 s")]
    [InlineData(200_000_000, "3 m 20 s")]
    public void How_long_it_took_has_three_digits(long micros, string text) => Assert.Equal(text, Times.Took(micros));

    [Fact]
    public void A_row_of_another_width_is_the_programmers_fault() =>
        Assert.Throws<ArgumentException>(() => new Table("A", "B").Add("only one"));

    private static WorkerStatus Worker(string id, string state, string address) =>
        new()
        {
            Id = id,
            State = state,
            Address = address,
        };

    private static V1.Task Task(string id, string type, TaskState state, long created, string worker = "", int retries = 0) =>
        new()
        {
            Id = id,
            Type = type,
            State = state,
            CreatedAtMs = created,
            Worker = worker,
            Retries = retries,
            MaxRetries = 3,
            Project = "default",
            Queue = "default",
        };
}
