using System.Globalization;
using OpenClaw.Core.Errors;

namespace OpenClaw.Cli.Doctor;

/// <summary>Judges what a kernel says of its tables and limits. Numbers in, verdict out.</summary>
internal static class KernelChecks
{
    private const string Conntrack = "conntrack";
    private const double ConntrackWarns = 0.75;
    private const double ConntrackFails = 0.95;

    /// <summary>Connection tracking in use against its maximum: a full table drops new connections without a word.</summary>
    public static Finding OfConntrack(long? count, long? max)
    {
        if (count is not { } used || max is not > 0)
        {
            return Finding.Skip(Conntrack, "this kernel tracks no connections");
        }

        var share = (double)used / max.Value;
        var text = Text($"{used:N0} of {max:N0} connections tracked ({share:P0})");
        if (share < ConntrackWarns)
        {
            return Finding.Ok(Conntrack, text);
        }

        var wanted = max.Value * 2;
        var next = Text(
            $"sysctl -w net.netfilter.nf_conntrack_max={wanted}, and for good: echo 'net.netfilter.nf_conntrack_max = {wanted}' > /etc/sysctl.d/90-openclaw.conf"
        );
        return share < ConntrackFails
            ? Finding.Warn(
                Conntrack,
                $"{text}; when it is full, new connections are dropped without a word",
                next,
                Catalogue.ConnectionTimeout
            )
            : Finding.Fail(Conntrack, $"{text}: new connections are dropped without a word", next, Catalogue.ConnectionTimeout);
    }

    /// <summary>
    /// How long the kernel remembers a silent connection, against our heartbeats. TCP's own keep-alive comes too late (two hours) to
    /// matter; heartbeats do its work.
    /// </summary>
    /// <param name="keepAlive">tcp_keepalive_time, seconds.</param>
    /// <param name="interval">tcp_keepalive_intvl, seconds.</param>
    /// <param name="probes">tcp_keepalive_probes.</param>
    /// <param name="established">nf_conntrack_tcp_timeout_established, seconds; null where connections are not tracked.</param>
    /// <param name="heartbeat">cluster.heartbeat_interval.</param>
    public static Finding OfKeepAlive(long? keepAlive, long? interval, long? probes, long? established, TimeSpan heartbeat)
    {
        const string check = "keep-alive";
        if (keepAlive is not { } first)
        {
            return Finding.Skip(check, "this kernel does not tell its keep-alive settings");
        }

        var own = Text(
            $"heartbeats every {heartbeat.TotalSeconds:0.#} s; TCP's own after {first} s, {probes ?? 0} times {interval ?? 0} s"
        );
        if (established is { } kept && kept <= heartbeat.TotalSeconds * 2)
        {
            return Finding.Warn(
                check,
                Text($"{own}; the kernel forgets a silent connection after {kept} s, which is too short for these heartbeats"),
                Text(
                    $"sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=7200, or cluster.heartbeat_interval: {Math.Max(1, kept / 4)}s"
                ),
                Catalogue.HeartbeatLost
            );
        }

        return Finding.Ok(check, established is { } known ? Text($"{own}; the kernel keeps a silent connection for {known} s") : own);
    }

    /// <summary>Open files allowed against what a worker of so many slots needs.</summary>
    /// <param name="limit">The hard limit, to which our programs raise themselves; null: unlimited or unknown.</param>
    /// <param name="whose">Whose limit it is.</param>
    /// <param name="slots">worker.slots.</param>
    public static Finding OfDescriptors(long? limit, string whose, int slots)
    {
        const string check = "descriptors";
        const int perSlot = 16;
        const int beside = 256;
        if (limit is not { } allowed)
        {
            return Finding.Ok(check, $"no limit for {whose}");
        }

        var needed = beside + (slots * perSlot);
        var text = Text($"{allowed:N0} open files for {whose}; {slots} slots need {needed:N0}");
        return allowed >= needed
            ? Finding.Ok(check, text)
            : Finding.Fail(
                check,
                $"{text}: tasks cannot be started when all slots are busy",
                Text(
                    $"LimitNOFILE={Math.Max(65536, needed)} in the unit (systemctl edit openclaw-worker), or ulimit -n {needed}; or fewer slots"
                )
            );
    }

    /// <summary>Memory that is left, of the machine or of the group that we are in.</summary>
    /// <param name="check">memory, or memory of the group.</param>
    /// <param name="available">Bytes; null: not told.</param>
    /// <param name="total">Bytes.</param>
    public static Finding OfMemory(string check, long? available, long? total)
    {
        if (available is not { } left || total is not > 0)
        {
            return Finding.Skip(check, "not told, or without a limit");
        }

        var share = (double)left / total.Value;
        var text = $"{Size(left)} of {Size(total.Value)} available";
        return share >= 0.1
            ? Finding.Ok(check, text)
            : Finding.Warn(
                check,
                $"{text}: tasks may be ended by the kernel",
                "Fewer slots (worker.slots), a memory limit for tasks (task.max_memory), or more memory"
            );
    }

    /// <summary>The clock: whether the kernel says that somebody keeps it right.</summary>
    public static Finding OfClock(bool? synchronised) =>
        synchronised switch
        {
            null => Finding.Skip("clock", "this system does not tell whether its clock is kept right"),
            true => Finding.Ok("clock", "kept right by a time service"),
            false => Finding.Warn(
                "clock",
                "nothing keeps it right, as far as the kernel knows (containers and some virtual machines do not tell): certificates and schedules go by it",
                "timedatectl set-ntp true, or install chrony"
            ),
        };

    /// <summary>Our clock against the manager's.</summary>
    /// <param name="ahead">By how much ours is ahead of the manager's; negative: behind.</param>
    /// <param name="uncertain">Half of what the question took.</param>
    public static Finding OfSkew(TimeSpan ahead, TimeSpan uncertain)
    {
        const string check = "clock of manager";
        var size = ahead.Duration() - uncertain;
        var text = Text(
            $"this machine is {ahead.Duration().TotalSeconds:0.0} s {(ahead < TimeSpan.Zero ? "behind" : "ahead of")} the manager"
        );
        const string next = "Keep both clocks right: timedatectl set-ntp true on both machines";
        return size < TimeSpan.FromSeconds(1) ? Finding.Ok(check, "the same, within a second")
            : size < TimeSpan.FromMinutes(1) ? Finding.Warn(check, $"{text}: times in logs do not match", next)
            : Finding.Fail(check, $"{text}: certificates may count as expired or not yet valid, and times in logs do not match", next);
    }

    /// <summary>How long a certificate still holds.</summary>
    public static Finding OfCertificate(string subject, TimeSpan left)
    {
        const string check = "manager tls";
        var days = Math.Floor(left.TotalDays);
        const string next = "clw certs renew FILE on the manager's machine; clw certs show tells more";
        return left <= TimeSpan.Zero ? Finding.Fail(check, Text($"the certificate of {subject} ended {-left.TotalDays:0.#} days ago"), next)
            : days < 30 ? Finding.Warn(check, Text($"the certificate of {subject} ends in {days} days"), next)
            : Finding.Ok(check, Text($"{subject}, {days} days left"));
    }

    public static string Size(long bytes) =>
        bytes >= 1L << 30 ? Text($"{bytes / (double)(1L << 30):0.0} GiB") : Text($"{bytes / (double)(1L << 20):0} MiB");

    internal static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
