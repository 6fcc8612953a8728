// Programs of other origin against the real binary: node run.mjs BINARY FOLDER PART ...
// It is run by setup.sh, prints a line a check, and ends with 0 only if all of them hold.

import { africastalkingChecks } from "./africastalking_checks.mjs";
import { complaints, counts, stopAll } from "./rig.mjs";
import { kannelChecks } from "./kannel_checks.mjs";
import { smppChecks } from "./smpp_checks.mjs";
import { telegramChecks } from "./telegram_checks.mjs";
import { webhookChecks } from "./webhook_checks.mjs";

const parts = {
  smpp: smppChecks,
  kannel: kannelChecks,
  webhook: webhookChecks,
  telegram: telegramChecks,
  africastalking: africastalkingChecks,
};
try {
  for (const name of process.argv.slice(4)) await parts[name]();
} finally {
  await stopAll();
}
const { checked, failed } = counts();
if (failed > 0) console.log(complaints());
console.log(`${checked} checks, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
