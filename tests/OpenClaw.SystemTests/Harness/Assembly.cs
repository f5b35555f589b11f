// Each test starts processes that want the whole machine: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
