import type { ReportRow } from './command.ts'
import { UNPRINTABLE } from './push-explain-text.ts'

const MAX_LENGTH = 300

/** For people: a line for each report with its details below it. */
export function reportsText(reports: readonly ReportRow[]): string {
  if (reports.length === 0) return 'There are no reports.'
  return reports
    .flatMap(reportLines)
    .map((line) => line.replaceAll(UNPRINTABLE, '\ufffd'))
    .join('\n')
}

function reportLines(report: ReportRow): string[] {
  const { report_id: id, kind, target, reporter, reason, event } = report
  return [
    `${id}  ${at(report.reported_at)}  ${reporter} reports the ${kind} ${target}${roomOf(report)}`,
    `  reason: ${reason === '' ? '(none)' : shortened(reason)}`,
    ...(event === null
      ? []
      : [`  ${textOf(event['type'])} of ${textOf(event['sender'])}: ${shortened(bodyOf(event['content']))}`]),
  ]
}

function roomOf({ kind, room_id: room, room_name: name }: ReportRow): string {
  if (kind === 'user' || room === null) return ''
  const named = name === null ? '' : ` "${shortened(name)}"`
  return kind === 'room' ? named : ` in ${room}${named}`
}

/** The text of a message, or the content of another event as JSON. */
function bodyOf(content: unknown): string {
  const body: unknown =
    typeof content === 'object' && content !== null ? Reflect.get(content, 'body') : undefined
  return typeof body === 'string' ? body : JSON.stringify(content ?? {})
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '?')

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line
}

/** In UTC, to the second. */
const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`
