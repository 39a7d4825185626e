import { UNPRINTABLE } from './push-explain-text.ts'

/** The printed part of the response of `GET /_belfry/v1/doctor`. */
export type Diagnosis = {
  user_id: string
  checked: { pushers: number; rooms: number; rules: number }
  total: number
  findings: {
    severity: 'problem' | 'warning' | 'hint'
    text: string
    advice: string
    remedies: { label: string; method: string; path: string; body: unknown }[]
  }[]
}

/**
 * For people: each finding with the advice and the requests that correct it. A request can contain a pushkey
 * of the user.
 */
export function doctorText({ user_id: userId, checked, total, findings }: Diagnosis): string {
  const { pushers, rules, rooms } = checked
  const what = [count(pushers, 'pusher'), count(rules, 'push rule'), count(rooms, 'room')].join(', ')
  return [
    `Checked ${what} of ${userId}: ${total === 0 ? 'nothing is wrong' : count(total, 'finding')}.`,
    ...findings.flatMap(({ severity, text, advice, remedies }) => [
      '',
      `${severity}: ${text}`,
      `  ${advice}`,
      ...remedies.flatMap(({ label, method, path, body }) => [
        `  ${label}:`,
        `    ${request(method, path, body)}`,
      ]),
    ]),
    ...(findings.length < total ? ['', `… and ${total - findings.length} more`] : []),
  ]
    .map((line) => line.replaceAll(UNPRINTABLE, '\ufffd'))
    .join('\n')
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

const request = (method: string, path: string, body: unknown) =>
  body === null ? `${method} ${path}` : `${method} ${path} ${JSON.stringify(body)}`
