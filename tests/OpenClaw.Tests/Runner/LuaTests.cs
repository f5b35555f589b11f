using System.Text.Json;
using OpenClaw.Abi.Processes;
using OpenClaw.Abi.Protocol;

namespace OpenClaw.Tests.Runner;

public sealed class LuaTests : IAsyncLifetime
{
    private readonly PluginDirectory plugins = new();
    private RunnerProcess runner = null!;

    public async ValueTask InitializeAsync() =>
        runner = await RunnerProcess.StartAsync(new ProcessLimits { LuaBytes = 64 << 20, CoreBytes = 0 });

    public async ValueTask DisposeAsync()
    {
        await runner.DisposeAsync();
        plugins.Dispose();
    }

    private Task<List<Said>> RunAsync(string body, string payload = "{}") =>
        runner.RunAsync(runner.Lua(plugins.Lua("t", "function process_t(data)\n" + body + "\nend"), payload));

    /// <summary>The state after whatever came before: a fresh script still runs.</summary>
    private async Task AssertAliveAsync() => Assert.Equal("42", (await RunAsync("return 42"))[^1].Result);

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[[],{},[null],{\"a\":null}]")]
    [InlineData("[1,-9223372036854775808,9223372036854775807,1.5,1.0,1e+300,true,false]")]
    [InlineData("\"ü\\n\\u0000 \\\"q\\\" 😀\"")]
    [InlineData("{\"ключ\":{\"b\":[1,2,{\"c\":[]}]}}")]
    public async Task JSON_comes_back_as_it_went_in(string json)
    {
        var result = (await RunAsync("return data", json))[^1];
        Assert.Equal("", result.Text);
        Assert.True(
            JsonElement.DeepEquals(JsonDocument.Parse(json).RootElement, JsonDocument.Parse(result.Result).RootElement),
            result.Result
        );
        Assert.Equal(json.Contains("1.0", StringComparison.Ordinal), result.Result.Contains("1.0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_script_knows_its_task_and_speaks_while_it_runs()
    {
        var said = await RunAsync(
            """
            log("hello"); log("warn", "careful"); print("a", 1, nil); progress(0.25, "quarter"); progress(nil)
            io.write("raw\n"); sleep(1)
            return { task.id, task.type, task.attempt, task.version, task.output_dir, json.encode({ x = json.decode("[1]") }), math.type(data.n) }
            """,
            """{"n":3}"""
        );
        Assert.Equal(
            [
                (FrameKind.Log, "hello", TaskLogLevel.Info),
                (FrameKind.Log, "careful", TaskLogLevel.Warning),
                (FrameKind.Log, "a\t1\tnil", TaskLogLevel.Info),
            ],
            said.Where(s => s.Kind == FrameKind.Log).Select(s => (s.Kind, s.Text, s.Level))
        );
        Assert.Equal([0.25, -1], said.Where(s => s.Kind == FrameKind.Progress).Select(s => s.Fraction));
        Assert.Equal("""["task-1","t",2,"v1","/tmp","{\"x\":[1]}","integer"]""", said[^1].Result);
        await runner.Commands.DisposeAsync();
        Assert.Equal("raw\n", await runner.ErrorsAsync());
    }

    [Theory]
    [InlineData("error('no picture')", "t.lua:2: no picture", true)]
    [InlineData("error({message='gone', retryable=false})", "gone", false)]
    [InlineData("error({code=5})", "{\"code\":5}", true)]
    [InlineData("error(setmetatable({}, {__tostring=function() return 'shown' end}))", "shown", true)]
    [InlineData("error(setmetatable({}, {__tostring=function() error('x') end}))", null, true)]
    [InlineData("error()", "an error without a message", true)]
    [InlineData("error(nil)", "an error without a message", true)]
    [InlineData("error(print)", null, true)]
    [InlineData("return nil + 1", "t.lua:2: attempt to perform arithmetic on a nil value", true)]
    [InlineData("return string.rep('x', -1) .. nil", null, true)]
    [InlineData("local s = string.rep('(', 300) return load(s)()", null, true)]
    [InlineData("coroutine.wrap(function() error('inside') end)()", "t.lua:2: t.lua:2: inside", true)]
    [InlineData("coroutine.yield(1)", null, true)]
    [InlineData("return json.decode('{')", null, true)]
    [InlineData("return json.decode('1 2')", null, true)]
    [InlineData("json.encode(print)", "t.lua:2: json.encode: a function cannot be put into JSON", true)]
    [InlineData("json.encode({1, x=2})", null, true)]
    [InlineData("local t = {} t.t = t json.encode(t)", null, true)]
    [InlineData("json.encode(0/0)", null, true)]
    [InlineData("json.encode('\\xff')", null, true)]
    [InlineData("json.decode()", null, true)]
    [InlineData("log('loud', 'x')", null, true)]
    [InlineData("progress('x')", null, true)]
    [InlineData("sleep(-1)", null, true)]
    [InlineData("return print", "the result cannot be kept: a function cannot be put into JSON", false)]
    [InlineData("return 1/0", "the result cannot be kept: NaN and infinity cannot be put into JSON", false)]
    public async Task Errors_are_told_with_their_place_and_end_the_task_alone(string body, string? message, bool retryable)
    {
        var end = (await RunAsync(body))[^1];
        Assert.Equal((FrameKind.Failed, "clw-task-failed", retryable), (end.Kind, end.Code, end.Retryable));
        Assert.NotEmpty(end.Text);
        if (message is not null)
        {
            Assert.StartsWith(message, end.Text, StringComparison.Ordinal);
        }
        await AssertAliveAsync();
    }

    [Fact]
    public async Task The_way_to_an_error_is_in_the_last_lines()
    {
        var said = await RunAsync("local function load_image() error('no picture') end load_image()");
        Assert.All(said[1..^1], s => Assert.Equal((FrameKind.Log, TaskLogLevel.Error), (s.Kind, s.Level)));
        var lines = said[1..^1]
            .Select(s => s.Text.Replace("local 'load_image'", "upvalue 'load_image'", StringComparison.Ordinal))
            .ToList();
        Assert.Equal("stack traceback:", lines[0]);
        Assert.Contains("  t.lua:2: in upvalue 'load_image'", lines);
        Assert.DoesNotContain(lines, l => l.AsSpan().ContainsAny('\n', '\t') || l.Contains("no picture", StringComparison.Ordinal));
        Assert.Equal("t.lua:2: no picture", said[^1].Text);
    }

    [Fact]
    public async Task A_hundred_thousand_failing_host_calls_do_not_shake_the_runner()
    {
        var end = (
            await RunAsync(
                """
                local deep = {}
                for i = 1, 200 do deep = { deep } end
                local failures = 0
                for i = 1, 25000 do
                  if not pcall(json.decode, "{\"a\":[1,2,") then failures = failures + 1 end
                  if not pcall(json.encode, deep) then failures = failures + 1 end
                  if not pcall(progress, {}) then failures = failures + 1 end
                  if not coroutine.wrap(function() return pcall(sleep, "x") end)() then failures = failures + 1 end
                end
                return failures
                """
            )
        )[^1];
        Assert.Equal(("", "100000"), (end.Text, end.Result));
        await AssertAliveAsync();
    }

    [Fact]
    public async Task Nor_do_they_where_no_memory_is_left()
    {
        var end = (
            await RunAsync(
                """
                local text = "[" .. ("[],"):rep(1000)
                local deep = {}
                for i = 1, 200 do deep = { deep } end
                local calls = {
                  function() return json.decode(text) end,
                  function() return json.encode(deep) end,
                  function() return progress({}) end,
                  function() return sleep("x") end,
                }
                local ballast, size = {}, 1 << 20
                while size > 16 << 10 do
                  local ok, more = pcall(string.rep, "x", size)
                  if ok then ballast[#ballast + 1] = more else size = size // 2 end
                end
                local failures, refused = 0, 0
                for i = 1, 25000 do
                  for n = 1, 4 do
                    local ok, why = pcall(calls[n])
                    if not ok then failures = failures + 1 end
                    if why == "not enough memory" then refused = refused + 1 end
                  end
                end
                ballast = nil
                return { failures, refused > 0 }
                """
            )
        )[^1];
        // The text alone would need ten times the room that is left.
        Assert.Equal(("", "[100000,true]"), (end.Text, end.Result));
        await AssertAliveAsync();
    }

    [Theory]
    [InlineData("local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end")]
    [InlineData("return ('x'):rep(1 << 40)")]
    [InlineData("return #('x'):rep(100 << 20)")]
    [InlineData("local s = 'x' while true do s = s .. s end")]
    [InlineData("local t = {} while true do t[#t + 1] = {} end")]
    [InlineData("local t = {} while true do t[#t + 1] = json.decode('[[],[],[],[],[],[],[],[]]') end")]
    [InlineData("local s = '[' .. ('[],'):rep(1 << 20) .. '[]]' return #json.decode(s)")]
    [InlineData("local t = {} for i = 1, 30 do t[i] = ('x'):rep(1 << 20) end return #json.encode({ t, t, t })")]
    [InlineData("local t = {} while true do t[#t + 1] = coroutine.create(print) end")]
    [InlineData("local function f() return 1 + f() end return f()")]
    [InlineData("local function grow(...) return (grow(1, ...)) end grow()")]
    [InlineData(
        "while true do pcall(string.rep, 'x', 1 << 40) error(setmetatable({}, {__tostring = function() return ('x'):rep(1 << 40) end})) end"
    )]
    public async Task Memory_without_end_is_refused_and_named(string body)
    {
        var end = (await RunAsync(body))[^1];
        Assert.Equal(FrameKind.Failed, end.Kind);
        // Lua's own limits (stack, string length) may come first.
        if (!end.Text.Contains("stack overflow", StringComparison.Ordinal) && !end.Text.Contains("too large", StringComparison.Ordinal))
        {
            Assert.Equal("clw-memory-exhaust", end.Code);
            Assert.Matches(
                @"^the script held [\d.]+ [KM]iB of 64 MiB allowed \(max_memory_gb under \[task\], 256 MiB without it\) and asked for [\d.]+ [KM]iB more$",
                end.Text
            );
            Assert.False(end.Retryable);
        }
        await AssertAliveAsync();
    }

    [Fact]
    public async Task A_script_that_catches_the_refusal_may_go_on()
    {
        var end = (await RunAsync("local ok, why = pcall(string.rep, 'x', 80 << 20) return { ok, why, #('y'):rep(1 << 20) }"))[^1];
        Assert.Equal("""[false,"not enough memory",1048576]""", end.Result);
    }

    [Fact]
    public async Task Errors_while_garbage_is_collected_are_nobodys()
    {
        var end = (
            await RunAsync(
                """
                for i = 1, 1000 do
                  setmetatable({}, { __gc = function() pcall(json.decode, "{") json.decode("{") end })
                end
                collectgarbage()
                keep = setmetatable({}, { __gc = function() error("at close") end })
                return "well"
                """
            )
        )[^1];
        Assert.Equal("\"well\"", end.Result);
        await AssertAliveAsync();
    }

    [Fact]
    public async Task A_result_over_a_mebibyte_has_its_own_code()
    {
        Assert.Equal(FrameKind.Succeeded, (await RunAsync("return ('x'):rep((1 << 20) - 2)"))[^1].Kind);
        var end = (await RunAsync("return ('x'):rep(1 << 20)"))[^1];
        Assert.Equal(("clw-result-too-large", false), (end.Code, end.Retryable));
    }

    [Fact]
    public async Task Every_task_has_a_fresh_state()
    {
        var path = plugins.Lua(
            "t",
            "count = (count or 0) + 1\nfunction process_t() string.x = (string.x or 0) + 1 return count + string.x end"
        );
        Assert.Equal("2", (await runner.RunAsync(runner.Lua(path)))[^1].Result);
        Assert.Equal("2", (await runner.RunAsync(runner.Lua(path)))[^1].Result);
    }

    [Fact]
    public async Task A_changed_script_is_taken_up_by_the_next_task()
    {
        var path = plugins.Lua("t", "function process_t() return 1 end");
        Assert.Equal("1", (await runner.RunAsync(runner.Lua(path)))[^1].Result);
        File.WriteAllText(path, "#!/usr/bin/lua\nfunction process_t() return 22 end");
        Assert.Equal("22", (await runner.RunAsync(runner.Lua(path)))[^1].Result);
        File.WriteAllText(path, "function process_t( return 1 end");
        var end = (await runner.RunAsync(runner.Lua(path)))[^1];
        Assert.Equal("clw-plugin-invalid", end.Code);
        Assert.StartsWith("t.lua:1: ", end.Text, StringComparison.Ordinal);
        File.Delete(path);
        Assert.Equal("clw-plugin-missing", (await runner.RunAsync(runner.Lua(path)))[^1].Code);
        var other = (await runner.RunAsync(runner.Lua(plugins.Lua("u", "function process_t() end"))))[^1];
        Assert.Equal(("clw-plugin-invalid", "u.lua defines no function process_u"), (other.Code, other.Text));
    }

    [Fact]
    public async Task A_script_may_require_its_neighbours_and_no_native_code()
    {
        Directory.CreateDirectory(Path.Combine(plugins.Path, "lib"));
        File.WriteAllText(Path.Combine(plugins.Path, "lib", "util.lua"), "return { twice = function(n) return n * 2 end }");
        Assert.Equal("42", (await RunAsync("return require('util').twice(21)"))[^1].Result);
        Assert.Equal("clw-task-failed", (await RunAsync("return require('native')"))[^1].Code);
    }

    [Fact]
    public async Task Standard_input_is_not_the_command_pipe()
    {
        runner.Queue(runner.Lua(plugins.Lua("t", "function process_t() return { io.read('a') } end")));
        runner.Queue(runner.Builtin("noop"));
        await runner.SendAsync();
        Assert.Equal(FrameKind.Started, (await runner.NextAsync())!.Kind);
        Assert.Equal("[\"\"]", (await runner.NextAsync())!.Result);
        Assert.Equal(FrameKind.Started, (await runner.NextAsync())!.Kind);
        Assert.Equal("null", (await runner.NextAsync())!.Result);
    }

    [Fact]
    public async Task A_script_that_ends_the_process_is_seen_by_its_exit_code()
    {
        var said = await RunAsync("os.exit(3)");
        Assert.Equal(FrameKind.Started, Assert.Single(said).Kind);
        Assert.Equal(3, (await runner.Child.Ended.WaitAsync(RunnerProcess.Patience)).ExitCode);
    }

    [Fact]
    public async Task A_loop_without_end_can_be_killed_and_what_it_said_before_is_known()
    {
        runner.Queue(runner.Builtin("noop"));
        runner.Queue(runner.Lua(plugins.Lua("t", "function process_t() log('in the loop') while true do end end")));
        await runner.SendAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.NotNull(await runner.NextAsync());
        }
        Assert.Equal("in the loop", (await runner.NextAsync())!.Text);
        Assert.True(runner.Child.SignalGroup(Signals.Kill));
        var end = await runner.Child.Ended.WaitAsync(RunnerProcess.Patience);
        Assert.Equal(ExitClass.Killed, ExitClassification.Of(end, timedOut: false, killedByUs: false, memoryLimit: null).Class);
        Assert.Equal(ExitClass.Timeout, ExitClassification.Of(end, timedOut: true, killedByUs: false, memoryLimit: null).Class);
    }
}
