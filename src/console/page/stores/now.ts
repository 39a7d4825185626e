import { signal } from '@preact/signals-core'

/** The time of this browser, for relative times. It is updated while the page is visible. */
export const now = signal(Date.now())

const EVERY_MS = 10_000
setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, EVERY_MS)
document.addEventListener('visibilitychange', () => (now.value = Date.now()))
