/**
 * Our subset of Hadoop's protobuf messages (proto2): the fields that we send or read. Field numbers are the wire's and
 * equal in Hadoop 3.2, 3.3 and 3.4; unknown fields are skipped by the decoder.
 */
export const HADOOP_PROTO = `
syntax = "proto2";
enum RpcKind { RPC_BUILTIN = 0; RPC_WRITABLE = 1; RPC_PROTOCOL_BUFFER = 2; }
enum RpcOp { RPC_FINAL_PACKET = 0; RPC_CONTINUATION_PACKET = 1; RPC_CLOSE_CONNECTION = 2; }
message RpcRequestHeader { optional RpcKind rpcKind = 1; optional RpcOp rpcOp = 2; required sint32 callId = 3; required bytes clientId = 4; optional sint32 retryCount = 5 [default = -1]; }
message RpcResponseHeader { required uint32 callId = 1; required int32 status = 2; optional uint32 serverIpcVersionNum = 3; optional string exceptionClassName = 4; optional string errorMsg = 5; optional int32 errorDetail = 6; optional bytes clientId = 7; optional sint32 retryCount = 8 [default = -1]; }
message RequestHeader { required string methodName = 1; required string declaringClassProtocolName = 2; required uint64 clientProtocolVersion = 3; }
message UserInformation { optional string effectiveUser = 1; optional string realUser = 2; }
message IpcConnectionContext { optional UserInformation userInfo = 2; optional string protocol = 3; }
message SaslAuth { required string method = 1; required string mechanism = 2; optional string protocol = 3; optional string serverId = 4; optional bytes challenge = 5; }
message RpcSasl { optional uint32 version = 1; required int32 state = 2; optional bytes token = 3; repeated SaslAuth auths = 4; }

message Token { required bytes identifier = 1; required bytes password = 2; required string kind = 3; required string service = 4; }
message CredentialsKV { required string alias = 1; optional Token token = 2; optional bytes secret = 3; }
message Credentials { repeated CredentialsKV tokens = 1; repeated CredentialsKV secrets = 2; }
message AMRMTokenIdentifier { optional ApplicationAttemptId appAttemptId = 1; optional int32 keyId = 2; }
message NMTokenIdentifier { optional ApplicationAttemptId appAttemptId = 1; optional NodeId nodeId = 2; optional string appSubmitter = 3; optional int32 keyId = 4; }
message ContainerTokenIdentifier { optional ContainerId containerId = 1; optional string nmHostAddr = 2; optional string appSubmitter = 3; optional Resource resource = 4; optional int64 expiryTimeStamp = 5; optional int32 masterKeyId = 6; optional int64 rmIdentifier = 7; optional Priority priority = 8; optional int64 creationTime = 9; optional string nodeLabelExpression = 11; optional int32 containerType = 12; optional int32 executionType = 13; }

message ApplicationId { optional int32 id = 1; optional int64 cluster_timestamp = 2; }
message ApplicationAttemptId { optional ApplicationId application_id = 1; optional int32 attemptId = 2; }
message ContainerId { optional ApplicationId app_id = 1; optional ApplicationAttemptId app_attempt_id = 2; optional int64 id = 3; }
message NodeId { optional string host = 1; optional int32 port = 2; }
message Priority { optional int32 priority = 1; }
message ResourceInformation { required string key = 1; optional int64 value = 2; optional string units = 3; optional int32 type = 4; }
message Resource { optional int64 memory = 1; optional int32 virtual_cores = 2; repeated ResourceInformation resource_value_map = 3; }
message ResourceRequest { optional Priority priority = 1; optional string resource_name = 2; optional Resource capability = 3; optional int32 num_containers = 4; optional bool relax_locality = 5 [default = true]; optional string node_label_expression = 6; optional int64 allocation_request_id = 8 [default = -1]; }
message Container { optional ContainerId id = 1; optional NodeId nodeId = 2; optional string node_http_address = 3; optional Resource resource = 4; optional Priority priority = 5; optional Token container_token = 6; optional int32 execution_type = 7; optional int64 allocation_request_id = 8 [default = -1]; optional int32 version = 9; }
message ContainerStatus { optional ContainerId container_id = 1; optional int32 state = 2; optional string diagnostics = 3 [default = "N/A"]; optional int32 exit_status = 4 [default = -1000]; optional Resource capability = 5; optional int32 executionType = 6; optional int32 container_sub_state = 8; }
message NMToken { optional NodeId nodeId = 1; optional Token token = 2; }
message NodeReport { optional NodeId nodeId = 1; optional string httpAddress = 2; optional string rackName = 3; optional Resource used = 4; optional Resource capability = 5; optional int32 numContainers = 6; optional int32 node_state = 7; optional string health_report = 8; optional int64 last_health_report_time = 9; repeated string node_labels = 10; }
message Url { optional string scheme = 1; optional string host = 2; optional int32 port = 3; optional string file = 4; optional string userInfo = 5; }
message LocalResource { optional Url resource = 1; optional int64 size = 2; optional int64 timestamp = 3; optional int32 type = 4; optional int32 visibility = 5; optional string pattern = 6; }
message StringLocalResource { optional string key = 1; optional LocalResource value = 2; }
message StringString { optional string key = 1; optional string value = 2; }
message StringBytes { optional string key = 1; optional bytes value = 2; }
message ContainerLaunchContext { repeated StringLocalResource localResources = 1; optional bytes tokens = 2; repeated StringBytes service_data = 3; repeated StringString environment = 4; repeated string command = 5; }
message SerializedException { optional string message = 1; optional string trace = 2; optional string class_name = 3; optional SerializedException cause = 4; }
message ContainerExceptionMap { optional ContainerId container_id = 1; optional SerializedException exception = 2; }

message RegisterApplicationMasterRequest { optional string host = 1; optional int32 rpc_port = 2; optional string tracking_url = 3; }
message RegisterApplicationMasterResponse { optional Resource maximumCapability = 1; optional bytes client_to_am_token_master_key = 2; repeated Container containers_from_previous_attempts = 4; optional string queue = 5; repeated NMToken nm_tokens_from_previous_attempts = 6; repeated int32 scheduler_resource_types = 7; }
message ResourceBlacklistRequest { repeated string blacklist_additions = 1; repeated string blacklist_removals = 2; }
message AllocateRequest { repeated ResourceRequest ask = 1; repeated ContainerId release = 2; optional ResourceBlacklistRequest blacklist_request = 3; optional int32 response_id = 4; optional float progress = 5; optional string tracking_url = 11; }
message AllocateResponse { optional int32 a_m_command = 1; optional int32 response_id = 2; repeated Container allocated_containers = 3; repeated ContainerStatus completed_container_statuses = 4; optional Resource limit = 5; repeated NodeReport updated_nodes = 6; optional int32 num_cluster_nodes = 7; repeated NMToken nm_tokens = 9; optional Token am_rm_token = 12; }
message FinishApplicationMasterRequest { optional string diagnostics = 1; optional string tracking_url = 2; optional int32 final_application_status = 3; }
message FinishApplicationMasterResponse { optional bool isUnregistered = 1 [default = false]; }

message StartContainerRequest { optional ContainerLaunchContext container_launch_context = 1; optional Token container_token = 2; }
message StartContainersRequest { repeated StartContainerRequest start_container_request = 1; }
message StartContainersResponse { repeated StringBytes services_meta_data = 1; repeated ContainerId succeeded_requests = 2; repeated ContainerExceptionMap failed_requests = 3; }
message StopContainersRequest { repeated ContainerId container_id = 1; }
message StopContainersResponse { repeated ContainerId succeeded_requests = 1; repeated ContainerExceptionMap failed_requests = 2; }
message GetContainerStatusesRequest { repeated ContainerId container_id = 1; }
message GetContainerStatusesResponse { repeated ContainerStatus status = 1; repeated ContainerExceptionMap failed_requests = 2; }

message ApplicationResourceUsage { optional int32 num_used_containers = 1; optional int32 num_reserved_containers = 2; optional Resource used_resources = 3; optional Resource reserved_resources = 4; optional Resource needed_resources = 5; optional int64 memory_seconds = 6; optional int64 vcore_seconds = 7; }
message ApplicationReport { optional ApplicationId applicationId = 1; optional string user = 2; optional string queue = 3; optional string name = 4; optional string host = 5; optional int32 rpc_port = 6; optional int32 yarn_application_state = 8; optional string trackingUrl = 9; optional string diagnostics = 10 [default = "N/A"]; optional int64 startTime = 11; optional int64 finishTime = 12; optional int32 final_application_status = 13; optional ApplicationResourceUsage app_resource_Usage = 14; optional string originalTrackingUrl = 15; optional ApplicationAttemptId currentApplicationAttemptId = 16; optional float progress = 17; optional string applicationType = 18; optional Token am_rm_token = 19; repeated string applicationTags = 20; optional int32 log_aggregation_status = 21; optional bool unmanaged_application = 22; optional Priority priority = 23; optional string appNodeLabelExpression = 24; optional string amNodeLabelExpression = 25; repeated AppTimeoutsMap appTimeouts = 26; optional int64 launchTime = 27; optional int64 submitTime = 28; }
message ApplicationTimeout { required int32 application_timeout_type = 1; optional string expire_time = 2; optional int64 remaining_time = 3; }
message AppTimeoutsMap { optional int32 application_timeout_type = 1; optional ApplicationTimeout application_timeout = 2; }
message GetApplicationReportRequest { optional ApplicationId application_id = 1; }
message GetApplicationReportResponse { optional ApplicationReport application_report = 1; }
message GetApplicationsRequest { repeated string application_types = 1; repeated int32 application_states = 2; repeated string users = 3; repeated string queues = 4; optional int64 limit = 5; optional int64 start_begin = 6; optional int64 start_end = 7; optional int64 finish_begin = 8; optional int64 finish_end = 9; repeated string applicationTags = 10; optional string name = 12; }
message GetApplicationsResponse { repeated ApplicationReport applications = 1; }
message ApplicationAttemptReport { optional ApplicationAttemptId application_attempt_id = 1; optional string host = 2; optional int32 rpc_port = 3; optional string tracking_url = 4; optional string diagnostics = 5; optional int32 yarn_application_attempt_state = 6; optional ContainerId am_container_id = 7; optional string original_tracking_url = 8; optional int64 startTime = 9; optional int64 finishTime = 10; }
message ContainerReport { optional ContainerId container_id = 1; optional Resource resource = 2; optional NodeId node_id = 3; optional Priority priority = 4; optional int64 creation_time = 5; optional int64 finish_time = 6; optional string diagnostics_info = 7; optional string log_url = 8; optional int32 container_exit_status = 9; optional int32 container_state = 10; optional string node_http_address = 11; optional int32 executionType = 12; }
message GetApplicationAttemptsRequest { optional ApplicationId application_id = 1; }
message GetApplicationAttemptsResponse { repeated ApplicationAttemptReport application_attempts = 1; }
message GetApplicationAttemptReportRequest { optional ApplicationAttemptId application_attempt_id = 1; }
message GetApplicationAttemptReportResponse { optional ApplicationAttemptReport application_attempt_report = 1; }
message GetContainersRequest { optional ApplicationAttemptId application_attempt_id = 1; }
message GetContainersResponse { repeated ContainerReport containers = 1; }
message GetContainerReportRequest { optional ContainerId container_id = 1; }
message GetContainerReportResponse { optional ContainerReport container_report = 1; }
message KillApplicationRequest { optional ApplicationId application_id = 1; optional string diagnostics = 2; }
message KillApplicationResponse { optional bool is_kill_completed = 1 [default = false]; }
message GetClusterNodesRequest { repeated int32 nodeStates = 1; }
message GetClusterNodesResponse { repeated NodeReport nodeReports = 1; }
message GetClusterMetricsRequest { }
message YarnClusterMetrics { optional int32 num_node_managers = 1; optional int32 num_decommissioned_nms = 2; optional int32 num_active_nms = 3; optional int32 num_lost_nms = 4; optional int32 num_unhealthy_nms = 5; optional int32 num_rebooted_nms = 6; optional int32 num_decommissioning_nms = 7; optional int32 num_shutdown_nms = 8; }
message GetClusterMetricsResponse { optional YarnClusterMetrics cluster_metrics = 1; }
message GetNewApplicationRequest { }
message GetNewApplicationResponse { optional ApplicationId application_id = 1; optional Resource maximumCapability = 2; optional Resource minimumCapability = 3; }
`;
