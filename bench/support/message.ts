import { monotonicMs } from './monotonic.ts'

/** Extracts from a poke the time when its message was sent, and its number. */
export const STAMP = /at=([\d.]+) n=(\d+)/

/** A text message of ordinary length with the time of sending. */
export function messageBody(number: number): string {
  return bodyWith('m.text', number)
}

/** The same as an m.notice, which the default push rules suppress. */
export function noticeBody(number: number): string {
  return bodyWith('m.notice', number)
}

function bodyWith(msgtype: string, number: number): string {
  const stamp = `at=${monotonicMs().toFixed(3)} n=${number}`
  return `{"msgtype":"${msgtype}","body":"${stamp} Are we still meeting at seven, or shall I come by the day after?"}`
}
