-- The S3 import of RDS for PostgreSQL, as COPY from the endpoint's bucket folders.
-- {s3_root} is replaced by the folder that holds the buckets when this file is installed.

CREATE SCHEMA IF NOT EXISTS aws_commons;
CREATE SCHEMA IF NOT EXISTS aws_s3;

DO $$
BEGIN
    IF to_regtype('aws_commons._s3_uri_1') IS NULL THEN
        CREATE TYPE aws_commons._s3_uri_1 AS (bucket text, file_path text, region text);
        CREATE TYPE aws_commons._aws_credentials_1 AS (access_key text, secret_key text, session_token text);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION aws_commons.create_s3_uri(s3_bucket text, s3_key text, aws_region text)
RETURNS aws_commons._s3_uri_1 LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(s3_bucket, s3_key, aws_region)::aws_commons._s3_uri_1
$$;

CREATE OR REPLACE FUNCTION aws_commons.create_aws_credentials(access_key text, secret_key text, session_token text)
RETURNS aws_commons._aws_credentials_1 LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(access_key, secret_key, session_token)::aws_commons._aws_credentials_1
$$;

-- Returns the path of the file behind a bucket and key; refuses a key that would leave its bucket.
CREATE OR REPLACE FUNCTION aws_s3._local_path(bucket text, file_path text)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF bucket !~ '^[a-z0-9][a-z0-9.-]*$' OR file_path = '' OR '..' = ANY (string_to_array(file_path, '/')) THEN
        RAISE EXCEPTION 'invalid S3 location: bucket "%", key "%"', bucket, file_path;
    END IF;
    RETURN {s3_root} || '/' || bucket || '/' || file_path;
END
$$;

CREATE OR REPLACE FUNCTION aws_s3.table_import_from_s3(
    table_name text, column_list text, options text, bucket text, file_path text, region text,
    access_key text DEFAULT NULL, secret_key text DEFAULT NULL, session_token text DEFAULT NULL
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    path text := aws_s3._local_path(bucket, file_path);
    size bigint;
    imported bigint;
    columns text := CASE WHEN coalesce(column_list, '') = '' THEN '' ELSE format('(%s)', column_list) END;
BEGIN
    SELECT s.size INTO size FROM pg_stat_file(path, true) AS s;
    IF size IS NULL THEN
        RAISE EXCEPTION 'HTTP 404. Permission denied or the file does not exist: s3://%/%', bucket, file_path
            USING ERRCODE = 'undefined_file', HINT = 'Upload the file to the bucket, then import again.';
    END IF;
    EXECUTE format('COPY %s %s FROM %L %s', table_name::regclass, columns, path,
                   CASE WHEN coalesce(options, '') = '' THEN '' ELSE 'WITH ' || options END);
    GET DIAGNOSTICS imported = ROW_COUNT;
    RETURN format('%s rows imported into relation "%s" from file %s of %s bytes',
                  imported, table_name, file_path, size);
END
$$;

CREATE OR REPLACE FUNCTION aws_s3.table_import_from_s3(
    table_name text, column_list text, options text, s3_info aws_commons._s3_uri_1,
    credentials aws_commons._aws_credentials_1 DEFAULT NULL
) RETURNS text LANGUAGE sql AS $$
    SELECT aws_s3.table_import_from_s3(
        table_name, column_list, options, s3_info.bucket, s3_info.file_path, s3_info.region)
$$;
