// Runs a scenario with @gradio/client: `node harness.mjs URL < scenario.js`; what it says comes out as JSON lines.
import { readFileSync } from 'node:fs'
import { Client, handle_file } from '@gradio/client'

const Scenario = Object.getPrototypeOf(async () => {}).constructor
const say = (value) => process.stdout.write(JSON.stringify(value ?? null) + '\n')
const collect = async (job) => {
  const found = []
  for await (const message of job) found.push(message)
  return found
}
const failure = async (promise) => {
  try {
    return { result: await promise }
  } catch (error) {
    return { failed: error?.message ?? error }
  }
}

try {
  const scenario = new Scenario('Client', 'handle_file', 'url', 'say', 'collect', 'failure', readFileSync(0, 'utf8'))
  await scenario(Client, handle_file, process.argv[2], say, collect, failure)
  process.exit(0) // an open heartbeat would keep the process
} catch (error) {
  console.error(error)
  process.exit(1)
}
