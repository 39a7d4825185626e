import { useEffect, useRef, useState } from 'preact/hooks'
import { follow, type LiveStream, type StreamState } from './stream.ts'

export type Live = { state: StreamState; isPaused: boolean; pause: (isPaused: boolean) => void }

const POLL_MS = 5_000
/** The stream does not compete with the first rows. */
const START_MS = 300
/** Events that arrive together cause one call. */
const GATHER_MS = 150

/**
 * Calls `onNews` after each event of a stream, until the component goes. While the stream does not work, it
 * is called every five seconds instead. `path` undefined: not yet. `after`: the id of the last event that the
 * component knows.
 */
export function useLive(path: string | undefined, after: string, onNews: () => void): Live {
  const [state, setState] = useState<StreamState>('connecting')
  const [isPaused, pause] = useState(false)
  const latest = useRef(onNews)
  latest.current = onNews
  useEffect(() => {
    if (path === undefined || isPaused) return undefined
    let gathered: ReturnType<typeof setTimeout> | undefined
    let stream: LiveStream | undefined
    let unsubscribe: (() => void) | undefined
    const news = () => {
      clearTimeout(gathered)
      gathered = setTimeout(() => latest.current(), GATHER_MS)
    }
    const start = setTimeout(() => {
      stream = follow(path, after, news)
      unsubscribe = stream.state.subscribe(setState)
    }, START_MS)
    const poll = setInterval(() => {
      if (stream?.state.value === 'failed' && !document.hidden) latest.current()
    }, POLL_MS)
    return () => {
      clearTimeout(start)
      clearTimeout(gathered)
      clearInterval(poll)
      unsubscribe?.()
      stream?.close()
    }
  }, [path, isPaused])
  return { state: isPaused ? 'paused' : state, isPaused, pause }
}
