using OpenClaw.Abi.Processes;

namespace OpenClaw.Tests.Runner;

public sealed class PluginCheckTests : IDisposable
{
    private readonly PluginDirectory plugins = new();

    public void Dispose() => plugins.Dispose();

    private static async Task<(int? Code, string Line)> CheckAsync(string path)
    {
        var (read, write) = Pipes.Create();
        var child = ChildProcess.Start(
            new ChildStart
            {
                Path = RunnerProcess.Program,
                Arguments = ["clw-runner", "--check", path],
                Environment = ChildStart.InheritedEnvironment(),
                Descriptors = [new(1, write)],
            }
        );
        write.Dispose();
        using var reader = new StreamReader(Pipes.OpenRead(read));
        var line = await reader.ReadToEndAsync().WaitAsync(RunnerProcess.Patience);
        return ((await child.Ended.WaitAsync(RunnerProcess.Patience)).ExitCode, line);
    }

    [Fact]
    public async Task A_good_plugin_names_its_type()
    {
        var path = plugins.Lua("image", "io.write('noise')\nfunction process_image(data) end");
        Assert.Equal((0, $"{{\"ok\":true,\"file\":\"{path}\",\"types\":[\"image\"]}}\n"), await CheckAsync(path));
    }

    [Fact]
    public async Task A_broken_plugin_names_its_line()
    {
        var path = plugins.Lua("image", "local a = 1\nfunction process_image(data\nend");
        var (code, line) = await CheckAsync(path);
        Assert.Equal(2, code);
        Assert.StartsWith(
            $"{{\"ok\":false,\"file\":\"{path}\",\"code\":\"clw-plugin-invalid\",\"message\":\"image.lua:3: ",
            line,
            StringComparison.Ordinal
        );
        Assert.EndsWith("\"line\":3}\n", line, StringComparison.Ordinal);
        var (_, missing) = await CheckAsync(plugins.Lua("other", "function process_image() end"));
        Assert.Contains("other.lua defines no function process_other\",\"line\":null", missing, StringComparison.Ordinal);
        Assert.Contains("clw-plugin-missing", (await CheckAsync("/nowhere/x.lua")).Line, StringComparison.Ordinal);
    }
}
