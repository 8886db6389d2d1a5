import type { FastifyInstance } from 'fastify';

/** A plain overview that also works behind YARN's proxy: relative URLs, reading only. */
export function registerPage(app: FastifyInstance): void {
  app.get('/', (_request, reply) => reply.type('text/html; charset=UTF-8').send(PAGE));
}

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Millrace</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
</style></head><body>
<h1>Millrace</h1><p id="overview">…</p>
<h2>Jobs</h2><table><thead><tr><th>Name<th>State<th>Started<th>Id</tr></thead><tbody id="jobs"></tbody></table>
<h2>TaskManagers</h2><table><thead><tr><th>Id<th>Slots<th>Free<th>Memory (MB)</tr></thead><tbody id="tms"></tbody></table>
<script>
const get = async path => (await fetch(path)).json();
const rows = (id, list) => document.getElementById(id).replaceChildren(...list.map(cells => {
  const tr = document.createElement('tr');
  for (const c of cells) tr.insertCell().textContent = c;
  return tr;
}));
async function refresh() {
  const [o, jobs, tms] = await Promise.all([get('overview'), get('jobs/overview'), get('taskmanagers')]);
  document.getElementById('overview').textContent = o.taskmanagers + ' TaskManagers, ' + o['slots-available'] + ' of ' +
    o['slots-total'] + ' slots free, ' + o['jobs-running'] + ' jobs running';
  rows('jobs', jobs.jobs.map(j => [j.name, j.state, new Date(j['start-time']).toLocaleString(), j.jid]));
  rows('tms', tms.taskmanagers.map(t => [t.id, t.slotsNumber, t.freeSlots, Math.round(t.memoryConfiguration.totalProcessMemory / 1048576)]));
}
setInterval(() => refresh().catch(() => {}), 3000); refresh();
</script></body></html>
`;
