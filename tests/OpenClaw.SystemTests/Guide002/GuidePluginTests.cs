using System.Buffers.Binary;
using System.Text.Json;
using OpenClaw.SystemTests.Harness;
using OpenClaw.V1;
using Task = System.Threading.Tasks.Task;

namespace OpenClaw.SystemTests.Guide002;

/// <summary>Row W7: the two plugins that the guide prints for <c>/etc/claw/plugins/image.lua</c>, to the letter, in a real cluster.</summary>
public sealed class GuidePluginTests : IAsyncDisposable
{
    /// <summary>"Before: (Null deref in loop)".</summary>
    private const string Unsafe = """
        function process_image(data)
          local img = load_image(data.path)  -- May return nil
          for i = 1, #img.pixels do  -- Crashes if img nil
            img.pixels[i] = filter(img.pixels[i])
          end
          return img:save()
        end

        """;

    /// <summary>"After: (Safe nil checks + limits)".</summary>
    private const string Safe = """
        function process_image(data)
          local img = load_image(data.path)
          if not img then
            error("Failed to load image: " .. data.path)
          end
          local pixels = img.pixels
          if #pixels > 1000000 then  -- Cap memory
            error("Image too large: " .. #pixels .. " pixels")
          end
          for i = 1, #pixels do
            pixels[i] = filter(pixels[i])
          end
          return img:save()
        end

        """;

    private const string Pixels = """

        function process_pixels(data)
          local pixels = load_image(data.path).pixels
          return { #pixels, pixels[1], pixels[#pixels // 2] }
        end
        """;

    private readonly Cluster cluster = new();

    private Room Room => cluster.Room;

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    private async Task StartAsync(string plugin)
    {
        // One slot: one process runs them all, and what one task leaves the next would see.
        Room.Environment["OPENCLAW_WORKER_SLOTS"] = "1";
        Room.Environment["OPENCLAW_TASK_READ_ROOTS"] = Room.Directory;
        Room.Plugin("image.lua", plugin);
        Room.Plugin("pixels.lua", Pixels);
        await cluster.StartAsync();
    }

    private string Picture()
    {
        var path = Room.Path("photo.png");
        File.Copy(Path.Combine(Checkout.Root, "samples", "pictures", "emotes-face-smile.png"), path);
        return path;
    }

    private async Task<RealProcess> SubmitAsync(string type, string path, params string[] more) =>
        await Room.RunAsync(["task", "submit", type, "--payload", JsonSerializer.Serialize(new { path }), "--wait", "--json", .. more]);

    private async Task<JsonElement> ResultAsync(string type, string path)
    {
        var submit = await SubmitAsync(type, path);
        Assert.True(submit.ExitCode == 0, submit.Said);
        return JsonDocument.Parse(submit.Output).RootElement.GetProperty("result");
    }

    private async Task<(string Code, string Message)> FailureAsync(string type, string path)
    {
        var submit = await SubmitAsync(type, path, "--max-retries", "0");
        Assert.True(submit.ExitCode != 0, submit.Said);
        var failure = JsonDocument.Parse(submit.Output).RootElement.GetProperty("failure");
        return (failure.GetProperty("code").GetString()!, failure.GetProperty("message").GetString()!);
    }

    private async Task IsGreyAsync(string original, string written)
    {
        Assert.Equal("photo.out.png", Path.GetFileName(written));
        var header = await File.ReadAllBytesAsync(written, TestContext.Current.CancellationToken);
        Assert.Equal((32u, 32u), (Big(header, 16), Big(header, 20)));
        var before = await ResultAsync("pixels", original);
        var after = await ResultAsync("pixels", written);
        Assert.Equal(1024, after[0].GetInt32());
        for (var i = 1; i <= 2; i++)
        {
            Assert.Equal(Grey(before[i].GetUInt32()), after[i].GetUInt32());
        }

        static uint Big(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
    }

    // As docs/plugins.md has it: the luma of ITU-R BT.601, rounded; the alpha stays.
    private static uint Grey(uint pixel)
    {
        var grey = (((pixel >> 24) * 299) + (((pixel >> 16) & 0xFF) * 587) + (((pixel >> 8) & 0xFF) * 114) + 500) / 1000;
        return (grey << 24) | (grey << 16) | (grey << 8) | (pixel & 0xFF);
    }

    // The one of the only slot, and the one that is ready in its place: another set is a runner that was replaced.
    private int[] Runners() => [.. cluster.Runners.Select(r => r.Id).Order()];

    [Fact]
    public async Task W7_the_unsafe_plugin_of_the_guide_works_and_without_the_picture_its_task_alone_fails()
    {
        await StartAsync(Unsafe);
        var path = Picture();
        await IsGreyAsync(path, (await ResultAsync("image", path)).GetString()!);
        var runners = Runners();

        var (code, message) = await FailureAsync("image", Room.Path("missing.png"));
        Assert.Equal("clw-task-failed", code);
        Assert.StartsWith("image.lua:3: attempt to index a nil value (local 'img')", message, StringComparison.Ordinal);

        // The guide's worker crashed here. This one's process is the same, and goes on.
        Assert.Equal(runners, Runners());
        await IsGreyAsync(path, (await ResultAsync("image", path)).GetString()!);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task W7_the_safe_plugin_of_the_guide_says_what_is_missing_and_what_is_too_large()
    {
        await StartAsync(Safe);
        Room.Plugin("big.lua", "function process_big() return new_image(1001, 1000, 0xFF0000FF):save(task.output_dir .. '/big.png') end");
        await Room.RunAsync("cluster", "reload");
        var path = Picture();
        await IsGreyAsync(path, (await ResultAsync("image", path)).GetString()!);

        var missing = Room.Path("missing.png");
        var (code, message) = await FailureAsync("image", missing);
        Assert.Equal(("clw-task-failed", $"image.lua:4: Failed to load image: {missing}"), (code, message));

        var big = (await ResultAsync("big", "")).GetString()!;
        (code, message) = await FailureAsync("image", big);
        Assert.Equal(("clw-task-failed", "image.lua:8: Image too large: 1001000 pixels"), (code, message));
        await cluster.StopAsync();
    }

    [Fact]
    public async Task W7_a_plugin_may_have_its_own_filter_and_leaves_nothing_to_the_next_task()
    {
        // What the first task makes of filter and of a library must be gone in the second, in the same process.
        await StartAsync("seen = (seen or 0) + 1\nfunction filter(pixel) return pixel ~ 0xFFFFFF00 end\n" + Safe);
        Room.Plugin(
            "state.lua",
            "function process_state() string.n = (string.n or 0) + 1 return { seen or 0, string.n, filter(0x102030FF) } end"
        );
        await Room.RunAsync("cluster", "reload");
        var path = Picture();
        var negative = (await ResultAsync("image", path)).GetString()!;
        var runners = Runners();
        var (before, after) = (await ResultAsync("pixels", path), await ResultAsync("pixels", negative));
        Assert.Equal(before[2].GetUInt32() ^ 0xFFFFFF00, after[2].GetUInt32());

        for (var i = 0; i < 2; i++)
        {
            var state = await ResultAsync("state", "");
            Assert.Equal((0, 1), (state[0].GetInt32(), state[1].GetInt32()));
            Assert.Equal(Grey(0x102030FF), state[2].GetUInt32());
        }

        // The compiled script of before is not used for what stands there now.
        Room.Plugin("image.lua", Safe);
        await IsGreyAsync(path, (await ResultAsync("image", path)).GetString()!);
        Assert.Equal(runners, Runners());
        await cluster.StopAsync();
    }
}
