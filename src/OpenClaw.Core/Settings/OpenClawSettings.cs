namespace OpenClaw.Core.Settings;

/// <summary>The effective configuration: every value checked, each with its origin. Immutable; safe to share between threads.</summary>
public sealed class OpenClawSettings
{
    private readonly Dictionary<SettingKey, SettingValue> values;
    private readonly Lazy<ClusterSettings> cluster;
    private readonly Lazy<ManagerSettings> manager;
    private readonly Lazy<TlsSettings> tls;
    private readonly Lazy<QueueSettings> queue;
    private readonly Lazy<TaskSettings> task;
    private readonly Lazy<WorkerSettings> worker;
    private readonly Lazy<LogSettings> log;

    internal OpenClawSettings(IEnumerable<SettingValue> values, IReadOnlyList<SettingsProblem> warnings)
    {
        this.values = values.ToDictionary(v => v.Key);
        Warnings = warnings;
        cluster = new(() => ClusterSettings.From(this));
        manager = new(() => ManagerSettings.From(this));
        tls = new(() => TlsSettings.From(this));
        queue = new(() => QueueSettings.From(this));
        task = new(() => TaskSettings.From(this));
        worker = new(() => WorkerSettings.From(this));
        log = new(() => LogSettings.From(this));
    }

    /// <summary>What holds when nobody says anything.</summary>
    public static OpenClawSettings Defaults { get; } = SettingsBuilder.Build([]).Value;

    /// <summary>What deserves a look but stops nothing.</summary>
    public IReadOnlyList<SettingsProblem> Warnings { get; }

    public ClusterSettings Cluster => cluster.Value;

    public ManagerSettings Manager => manager.Value;

    public TlsSettings Tls => tls.Value;

    public QueueSettings Queue => queue.Value;

    public TaskSettings Task => task.Value;

    public WorkerSettings Worker => worker.Value;

    public LogSettings Log => log.Value;

    /// <summary>Every key with its effective value and origin, in the schema's order; a key without a value has null.</summary>
    public IEnumerable<(SettingKey Key, SettingValue? Value)> Listing => SettingsSchema.All.Select(k => (k, Find(k)));

    /// <summary>All secret values in effect, for the redaction of logs.</summary>
    public IEnumerable<string> Secrets => values.Values.Where(v => v.Key.Secret).Select(v => v.Text);

    /// <summary>Whether the key has a value, by default or by somebody's choice.</summary>
    public bool Has(SettingKey key) => values.ContainsKey(key);

    /// <summary>The effective value with its origin, or null when the key is unset.</summary>
    public SettingValue? Find(SettingKey key) => values.GetValueOrDefault(key);

    /// <summary>The value. Throws when the key is unset: ask <see cref="Has"/> where a key has no default.</summary>
    public T Get<T>(SettingKey<T> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return values.TryGetValue(key, out var value)
            ? (T)value.Value
            : throw new InvalidOperationException($"{key.Path} has no value and no default");
    }

    /// <summary>The text, or null when the key is unset.</summary>
    public string? TextOrNull(SettingKey<string> key) => Find(key)?.Value as string;

    /// <summary>A whole number whose range fits an int.</summary>
    internal int Int(SettingKey<long> key) => checked((int)Get(key));
}
