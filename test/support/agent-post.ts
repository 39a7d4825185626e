import type { PostingAgent } from '../../src/lib/outbound/call.ts'

/** Sends one POST with an agent. Rejects with the error of the agent. */
export function agentPost(
  agent: PostingAgent,
  url: string,
  body = '',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    let status = 0
    let text = ''
    agent.post(
      new URL(url),
      { headers: {}, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, given) => void (status = given),
        onResponseData: (_controller, chunk) => void (text += chunk.toString()),
        onResponseEnd: () => resolve({ status, text }),
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })
}

/** Calls `then` after the head of the response and before its body is read. */
export const afterHead = (agent: PostingAgent, then: () => void): PostingAgent => ({
  post: (url, options, handler) =>
    agent.post(url, options, {
      onRequestStart: (...given) => handler.onRequestStart?.(...given),
      onResponseStart(...given) {
        handler.onResponseStart?.(...given)
        setImmediate(then)
      },
      onResponseData: (...given) => handler.onResponseData?.(...given),
      onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
      onResponseError: (...given) => handler.onResponseError?.(...given),
    }),
})
