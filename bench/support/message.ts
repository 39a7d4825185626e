import { monotonicMs } from './monotonic.ts'

/** Finds in a poke when its message was sent, and its number. */
export const STAMP = /at=([\d.]+) n=(\d+)/

/** A text of ordinary length that says when it was sent. */
export function messageBody(number: number): string {
  return bodyWith('m.text', number)
}

/** The same as a notice, which by the default rules notifies nobody. */
export function noticeBody(number: number): string {
  return bodyWith('m.notice', number)
}

function bodyWith(msgtype: string, number: number): string {
  const stamp = `at=${monotonicMs().toFixed(3)} n=${number}`
  return `{"msgtype":"${msgtype}","body":"${stamp} Are we still meeting at seven, or shall I come by the day after?"}`
}
