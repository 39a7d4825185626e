import { unknownToken } from '../lib/errors.ts'
import type { Requester } from './auth.ts'

/** The session that let a request in. */
export type Session = {
  /** Looks at the token again. @throws 401 M_UNKNOWN_TOKEN when it is no longer good */
  check(): Promise<void>
  /** Calls `onEnd` with that error once the session has ended, until the returned function is called. It may miss it. */
  watch(onEnd: (error: Error) => void): () => void
}

/** Calls `listener` when sessions of the user may have ended, until the returned function is called. */
export type WatchSessions = (requester: Requester, listener: () => void) => () => void

export function sessionOf(
  requester: Requester,
  isGood: () => Promise<boolean>,
  watchSessions: WatchSessions,
): Session {
  const check = async () => {
    if (!(await isGood())) throw unknownToken()
  }
  return {
    check,
    // A database that fails is met again when the answer is about to be sent.
    watch: (onEnd) =>
      watchSessions(requester, () => void isGood().then((good) => good || onEnd(unknownToken()), ignore)),
  }
}

const ignore = () => undefined

/** The same events, as long as the session lasts. It ends without an error: the answer has begun. */
export async function* whileSignedIn<T>(events: AsyncIterable<T>, session: Session): AsyncGenerator<T> {
  for await (const event of events) {
    const isOver = await session.check().then(
      () => false,
      () => true,
    )
    if (isOver) return
    yield event
  }
}
