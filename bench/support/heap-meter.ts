// Loaded with `--import` and `--expose-gc` into a server of a benchmark. Replies to each message of the
// parent process with the bytes of the live objects in the heap (a number), after it has collected all
// others.

process.on('message', () => {
  // The second collection frees objects that the finalizers of the first one released.
  gc?.()
  gc?.()
  process.send?.(process.memoryUsage().heapUsed)
})
// The listener must not keep a server alive that shuts down.
process.channel?.unref()
