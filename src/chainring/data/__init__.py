"""Link 1: text becomes records; labels are collected and reviewed; records become data sets.

settings     what a recipe can say about data
read         a folder of files becomes rows, every fault with its file and line
readers      the parts that open JSONL, CSV, TSV, Parquet and plain text
records      the step: rows become records, normalised and redacted
labels       the step: what the source, users and people say of the records
dataset      the step: records and labels become rows in splits
cluster      for a project without labels: what to name first
doubtful     labels that contradict the rest of the data
otherwise    users' labels of texts that the files label otherwise
"""
