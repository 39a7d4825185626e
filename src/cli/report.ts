import { ConfigError } from '../config/config-error.ts'
import { reportsText } from './report-text.ts'
import { EXAMPLE_CONFIG, onApp, workCommand } from './work-command.ts'

// Reports of users about content, directly in the database, with or without a running server.

export const reportList = workCommand({
  usage: 'report list',
  summary: 'list the reports of users about events, rooms and users',
  examples: [`belfry report list ${EXAMPLE_CONFIG}`],
  work: onApp(async (app) => {
    const reports = await app.reports.list()
    return { text: reportsText(reports), json: { reports } }
  }),
})

export const reportClose = workCommand({
  usage: 'report close NUMBER',
  summary: 'delete a report that has been dealt with, or several',
  mayRepeat: true,
  examples: [`belfry report close 3 4 ${EXAMPLE_CONFIG}`],
  check: ({ given }) => void given.map(numberIn),
  work: onApp(async (app, { given }) => {
    const ids = given.map(numberIn)
    for (const id of ids) await app.reports.close(id)
    return { text: `closed ${ids.join(', ')}`, json: { closed: ids } }
  }),
})

function numberIn(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new ConfigError(`"${text}" is not the number of a report`)
  return Number(text)
}
