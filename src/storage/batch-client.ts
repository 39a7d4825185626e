import { Client } from 'pg'
import {
  type PreparedStatements,
  type SentStatement,
  StatementBatch,
  type StatementResult,
} from './postgres-batch.ts'
import type { Statement } from './postgres-queries.ts'

/** A connection in pipeline mode that can send several statements as one batch. */
export class BatchClient extends Client {
  readonly #prepared: PreparedStatements = new Map()
  #waiting: SentStatement[] = []

  /**
   * Sends a statement in one batch with the others of this turn of the event loop. After one that fails, the
   * others reject with its error and have no effect. Text: a statement that is not kept prepared.
   */
  send(statement: Statement | string): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) process.nextTick(() => this.#sendWaiting())
      this.#waiting.push({
        statement: typeof statement === 'string' ? unnamed(statement) : statement,
        resolve,
        reject,
      })
    })
  }

  #sendWaiting(): void {
    const sent = this.#waiting
    this.#waiting = []
    const parserOf = (type: number) => this.getTypeParser(type, 'text')
    this.query(new StatementBatch(sent, { prepared: this.#prepared, parserOf }))
  }
}

const unnamed = (text: string): Statement => ({ name: '', text, values: [], reads: true })
