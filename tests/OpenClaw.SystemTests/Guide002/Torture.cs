using OpenClaw.SystemTests.Harness;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Plugins at their worst: <c>tests/native/torture.c</c> under one name for each way, scripts, and how each has to end.</summary>
internal static class Torture
{
    /// <param name="Type">The plugin.</param>
    /// <param name="Code">The code of its failure; null: it succeeds.</param>
    /// <param name="ExitCode">As a shell would show it; null: none.</param>
    /// <param name="Result">Of one that succeeds; null: not looked at.</param>
    public sealed record Victim(string Type, string? Code, int? ExitCode = null, string? Result = null)
    {
        public string Manifest { get; init; } = "";
        public string? Script { get; init; }
    }

    public static IReadOnlyList<Victim> All { get; } =
    [
        new("crash_library", "clw-worker-crash", 139),
        new("crash_abort", "clw-worker-crash", 134),
        new("crash_stack", "clw-worker-crash", 139),
        new("grows_fast", "clw-memory-exhaust", 137) { Manifest = "max_memory: 128MiB\n" },
        new("fork_bomb", "clw-process-exhaust", 137) { Manifest = "max_processes: 60\n" },
        new("fork_escape", "clw-process-exhaust", 137) { Manifest = "max_processes: 60\n" },
        new("makes_zombies", "clw-process-exhaust", 137) { Manifest = "max_processes: 100\n" },
        new("loops", "clw-task-timeout", 124) { Manifest = "timeout: 400ms\n" },
        new("burns", "clw-cpu-exhaust", 137) { Manifest = "max_cpu: 500ms\n" },
        new("ignores_term", "clw-task-timeout", 124) { Manifest = "timeout: 300ms\n" },
        new("floods_output", "clw-result-too-large"),
        new("floods_errors", "clw-task-timeout", 124) { Manifest = "timeout: 2s\n" },
        new("closes_output", null, Result: "null"),
        new("escapes", null, Result: "\"left\""),
        new("breaks_pipe", "clw-worker-crash", 141),
        new("closes_three", null, Result: "\"three is closed\""),
        new("eats_descriptors", null) { Manifest = "max_open_files: 64\n" },
        new("fills_output", "clw-output-exhaust", 137) { Manifest = "max_output: 8MiB\n" },
        new("writes_large_file", "clw-file-too-large", 153) { Manifest = "max_file_size: 1MiB\n" },
        new("loops_in_shell", "clw-task-timeout", 124) { Manifest = "timeout: 400ms\n", Script = "#!/bin/sh\nwhile :; do :; done\n" },
        new("exits.lua", "clw-worker-crash", 3) { Script = "function process_exits() os.exit(3) end" },
        new("loops.lua", "clw-task-timeout", 124)
        {
            Manifest = "timeout: 400ms\n",
            Script = "function process_loops() while true do end end",
        },
        new("burns.lua", "clw-cpu-exhaust", 137)
        {
            Manifest = "max_cpu: 500ms\n",
            Script = "function process_burns() while true do end end",
        },
        new("hungry.lua", "clw-memory-exhaust")
        {
            Script = "function process_hungry() local t = {} while true do t[#t + 1] = string.rep('x', 1000000) .. #t end end",
        },
        new("leaves.lua", null, Result: "1") { Script = "function process_leaves() os.execute('setsid sleep 600 &') return 1 end" },
    ];

    /// <summary>Names of the C program would hide those of the scripts.</summary>
    public static string TypeOf(Victim victim) => "t_" + Path.GetFileNameWithoutExtension(victim.Type) + (IsLua(victim) ? "_lua" : "");

    private static bool IsLua(Victim victim) => victim.Type.EndsWith(".lua", StringComparison.Ordinal);

    /// <summary>Builds and writes all of them into the room's plugin directory.</summary>
    public static void Install(Room room, IEnumerable<Victim> victims)
    {
        var library = room.Path("libboom.so");
        Checkout.Compile("torture.c", library, "-shared", "-fPIC", "-DBOOM");
        var program = room.Path("torture");
        Checkout.Compile("torture.c", program, "-w", $"-DLIBRARY=\"{library}\"", "-ldl");
        foreach (var victim in victims)
        {
            var type = TypeOf(victim);
            if (victim.Script is { } script)
            {
                var name = Path.GetFileNameWithoutExtension(victim.Type);
                room.Plugin(
                    IsLua(victim) ? type + ".lua" : type,
                    script.Replace($"process_{name}", $"process_{type}", StringComparison.Ordinal)
                );
            }
            else
            {
                File.Copy(program, room.Path("plugins", type));
            }

            if (victim.Manifest.Length > 0)
            {
                File.WriteAllText(room.Path("plugins", type + ".yaml"), victim.Manifest);
            }
        }
    }
}
