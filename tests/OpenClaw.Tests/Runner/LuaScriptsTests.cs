using OpenClaw.Abi.Protocol;
using OpenClaw.Runner.Lua;

namespace OpenClaw.Tests.Runner;

/// <summary>A script is compiled once for what is written in it, whatever happens to its file.</summary>
public sealed class LuaScriptsTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("openclaw-scripts-");
    private readonly LuaEngine engine = new(null);

    public void Dispose()
    {
        engine.Dispose();
        directory.Delete(recursive: true);
    }

    private sealed class Silence : ILuaHost
    {
        public void Log(TaskLogLevel level, ReadOnlySpan<byte> text) { }

        public void Progress(double fraction, ReadOnlySpan<byte> message) { }
    }

    [Fact]
    public void CompiledCodeGoesByTheHashOfItsSource()
    {
        var path = Path.Combine(directory.FullName, "t.lua");
        int CompiledAfter(string script, DateTime changed)
        {
            File.WriteAllText(path, script);
            File.SetLastWriteTimeUtc(path, changed);
            Assert.Null(engine.Check(path, "process_t"u8, new Silence()));
            return engine.Scripts.Compiled;
        }

        var day = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.Equal(1, CompiledAfter("function process_t() return 1 end", day));
        Assert.Equal(1, CompiledAfter("function process_t() return 1 end", day.AddDays(1)));
        Assert.Equal(2, CompiledAfter("function process_t() return 2 end", day.AddDays(2)));
        Assert.Equal(2, CompiledAfter("function process_t() return 1 end", day.AddDays(3)));
    }
}
