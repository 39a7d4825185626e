import { workCommand } from './work-command.ts'

export const databaseCopy = workCommand({
  usage: 'database copy URL',
  summary: 'copy a SQLite database, whose server is stopped, into an empty PostgreSQL database',
  examples: ['belfry database copy postgres://belfry@db.example.org/belfry --data /var/lib/belfry'],
  exitCodes: {
    done: 'the database is copied',
    failed: 'it is not; no server opens the target, and the command can be run again',
  },
  async work({ config, context, given: [url = ''], onProgress }) {
    const result = await context.copyDatabase(config, { to: url, onProgress })
    return {
      text: `copied ${result.rows} rows of ${result.from}; now set database to the new URL, check it with belfry verify, and start the server. The files of media stay where they are`,
      json: result,
    }
  },
})
