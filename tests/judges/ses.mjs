// An Amazon SES on this machine, on a port of its own that it tells; it ends with whoever started it.
import ses from "aws-ses-v2-local";

const server = await ses.default({ host: "127.0.0.1", port: 0 });
console.log(server.address().port);
process.stdin.on("end", () => process.exit(0)).resume();
