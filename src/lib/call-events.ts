/** Call events have priority and expire after a minute. `org.matrix.msc4075` is the unstable prefix. */
export function isCall(type: string): boolean {
  return (
    type.startsWith('m.call.') ||
    type === 'm.rtc.notification' ||
    type === 'org.matrix.msc4075.rtc.notification'
  )
}

/** How long a call event is worth a notification. */
export const CALL_LIFE_MS = 60_000
