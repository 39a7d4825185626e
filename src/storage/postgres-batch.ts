import { type Connection, Query } from 'pg'
import type { Statement } from './postgres-queries.ts'

/** `command`: such as `COMMIT`. */
export type StatementResult = { command: string; rowCount: number; rows: unknown[] }

/** A statement that waits for its result. */
export type SentStatement = {
  statement: Statement
  resolve: (result: StatementResult) => void
  reject: (error: unknown) => void
}

type Parse = (text: string) => unknown
type ResultColumn = { name: string; parse: Parse }

/** The named statements that a connection has prepared. Undefined: their columns are not known yet. */
export type PreparedStatements = Map<string, readonly ResultColumn[] | undefined>

type Options = { prepared: PreparedStatements; parserOf: (type: number) => Parse }

/**
 * Several statements as one query of the driver. The driver itself ends each statement with `Sync` and asks
 * for the columns of each result: PostgreSQL then responds to each statement with a call to the system of its
 * own, and both ends spend more time on this than on the row of a message.
 *
 * After an error PostgreSQL skips the rest of the batch (documentation, 55.2.4), so each later statement
 * rejects with the same error, and none of them has an effect.
 */
export class StatementBatch extends Query {
  readonly #sent: readonly SentStatement[]
  readonly #options: Options
  /** Of each statement; undefined: the batch asks for them. */
  readonly #columns: (readonly ResultColumn[] | undefined)[]
  /** The statement whose result is next. */
  #at = 0
  #rows: unknown[] = []
  #rowFault: unknown

  constructor(sent: readonly SentStatement[], options: Options) {
    super('')
    this.#sent = sent
    this.#options = options
    this.#columns = sent.map(({ statement }) => options.prepared.get(statement.name))
  }

  override submit = (connection: Connection): void => {
    const { stream } = connection
    stream.cork()
    for (const [at, { statement }] of this.#sent.entries()) {
      const { name, text, values } = statement
      if (name === '' || !this.#options.prepared.has(name)) this.#prepare(connection, { name, text })
      connection.bind({ statement: name, values: values.map(textOf) }, true)
      if (this.#columns[at] === undefined) connection.describe({ type: 'P' }, true)
      connection.execute({}, true)
    }
    connection.sync()
    stream.uncork()
  }

  #prepare(connection: Connection, { name, text }: Pick<Statement, 'name' | 'text'>): void {
    if (name !== '') {
      // It can exist although an earlier batch has failed. To close a statement that does not exist is no error.
      connection.close({ type: 'S', name }, true)
      this.#options.prepared.set(name, undefined)
    }
    connection.parse({ name, text, types: [] }, true)
  }

  // The driver calls the following methods, in the order of the responses.

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    const { parserOf } = this.#options
    this.#columns[this.#at] = fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) }))
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    try {
      this.#rows.push(rowOf(this.#columns[this.#at] ?? [], fields))
    } catch (error) {
      this.#rowFault ??= error
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const { statement, resolve, reject } = this.#sent[this.#at] as SentStatement
    const { prepared } = this.#options
    if (prepared.has(statement.name)) prepared.set(statement.name, this.#columns[this.#at] ?? [])
    if (this.#rowFault === undefined) resolve({ ...countOf(text), rows: this.#rows })
    else reject(this.#rowFault)
    this.#at++
    this.#rows = []
    this.#rowFault = undefined
  }

  /** An error of the next statement, or of the connection. */
  handleError(error: unknown): void {
    for (const { statement, reject } of this.#sent.slice(this.#at)) {
      this.#options.prepared.delete(statement.name)
      reject(error)
    }
    this.#at = this.#sent.length
  }

  handleReadyForQuery(): void {
    if (this.#at < this.#sent.length)
      this.handleError(new Error('PostgreSQL ended a batch without the results of all of its statements'))
  }
}

const textOf = (value: string | number | null): string | null =>
  typeof value === 'number' ? String(value) : value

function rowOf(columns: readonly ResultColumn[], values: readonly (string | null)[]): unknown {
  const row: Record<string, unknown> = {}
  for (const [at, { name, parse }] of columns.entries()) {
    const value = values[at] ?? null
    row[name] = value === null ? null : parse(value)
  }
  return row
}

/** `INSERT 0 1`, `SELECT 3`, `COMMIT`. */
function countOf(text: string): Pick<StatementResult, 'command' | 'rowCount'> {
  const words = text.split(' ')
  const count = Number(words.at(-1))
  return { command: words[0] ?? '', rowCount: Number.isNaN(count) ? 0 : count }
}
