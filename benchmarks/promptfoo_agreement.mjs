// Grades cases (JSON on standard input) by promptfoo's own assertions; prints one verdict per case.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.argv[2] + '/');
const promptfoo = await import(pathToFileURL(require.resolve('promptfoo')).href);
const { assertions } = promptfoo.default;
let text = '';
for await (const chunk of process.stdin) text += chunk;
const verdicts = [];
for (const { assertion, output, vars } of JSON.parse(text)) {
  try {
    const result = await assertions.runAssertion({
      assertion,
      test: { vars },
      vars,
      providerResponse: { output },
    });
    verdicts.push({ pass: result.pass });
  } catch (error) {
    verdicts.push({ error: String(error.message ?? error).slice(0, 200) });
  }
}
console.log('VERDICTS' + JSON.stringify(verdicts));
process.exit(0);
