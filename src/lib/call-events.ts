/** Calls go first and are worth nothing a minute later. `org.matrix.msc4075` is the name before its acceptance. */
export function isCall(type: string): boolean {
  return (
    type.startsWith('m.call.') ||
    type === 'm.rtc.notification' ||
    type === 'org.matrix.msc4075.rtc.notification'
  )
}

/** A call that rang a minute ago rings no more. */
export const CALL_LIFE_MS = 60_000
