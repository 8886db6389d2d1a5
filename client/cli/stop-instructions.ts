/** How to end an application that its client leaves running. */
export function stopInstructions(applicationId: string): string[] {
  return [
    'The Flink YARN session cluster has been started in detached mode. In order to stop Flink gracefully, use the following command:',
    `$ echo "stop" | ./bin/yarn-session.sh -id ${applicationId}`,
    "If this should not be possible, then you can also kill Flink via YARN's web interface or via:",
    `$ yarn application -kill ${applicationId}`,
  ];
}
