import { useCallback, useEffect, useState } from 'preact/hooks'
import { ApiError } from './api.ts'

/** Data from the server. `slow`: the response takes longer than usual. */
export type Loading<T> =
  | { state: 'loading'; slow: boolean }
  | { state: 'ready'; data: T }
  | { state: 'failed'; error: ApiError }

export type LoadedData<T> = {
  value: Loading<T>
  /** Loads again. The present data stay visible until then. */
  reload: () => void
  /** Changes the present data, for example by an event of a stream. */
  change: (by: (data: T) => T) => void
}

const SLOW_MS = 3_000

/** Loads data when the component appears and when `key` changes. `key` names the data. */
export function useData<T>(key: string, load: (abort: AbortSignal) => Promise<T>): LoadedData<T> {
  const [held, setHeld] = useState<{ key: string; value: Loading<T> }>(() => loadingOf(key))
  const [round, setRound] = useState(0)
  useEffect(() => {
    const abort = new AbortController()
    setHeld((before) => (before.key === key && before.value.state === 'ready' ? before : loadingOf(key)))
    const slow = setTimeout(
      () =>
        setHeld((before) =>
          before.value.state === 'loading' ? { key, value: { state: 'loading', slow: true } } : before,
        ),
      SLOW_MS,
    )
    load(abort.signal)
      .then(
        (data) => {
          // A load that was aborted half-way can have a result without a part of the data.
          if (!abort.signal.aborted) setHeld({ key, value: { state: 'ready', data } })
        },
        (error: unknown) => {
          if (!abort.signal.aborted) setHeld({ key, value: { state: 'failed', error: asApiError(error) } })
        },
      )
      .finally(() => clearTimeout(slow))
    return () => {
      clearTimeout(slow)
      abort.abort()
    }
  }, [key, round])
  const reload = useCallback(() => setRound((count) => count + 1), [])
  const change = useCallback(
    (by: (data: T) => T) =>
      setHeld((before) =>
        before.value.state === 'ready'
          ? { ...before, value: { state: 'ready', data: by(before.value.data) } }
          : before,
      ),
    [],
  )
  // Data of another key must not be shown.
  return { value: held.key === key ? held.value : loadingOf<T>(key).value, reload, change }
}

const loadingOf = <T>(key: string): { key: string; value: Loading<T> } => ({
  key,
  value: { state: 'loading', slow: false },
})

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, '', String(error))
}
