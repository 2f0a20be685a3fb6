"""What a company knows: its documents, cut into passages, and the search over them."""

from firstline.knowledge.documents import Document, LoadedDocuments, load_documents
from firstline.knowledge.encode import Encoder, OnnxEncoder, find_encoder, why_no_encoder
from firstline.knowledge.index import IndexedDocument, SyncReport
from firstline.knowledge.passages import Passage, split
from firstline.knowledge.search import Hit, Knowledge, SearchResult

__all__ = [
    "Document",
    "Encoder",
    "Hit",
    "IndexedDocument",
    "Knowledge",
    "LoadedDocuments",
    "OnnxEncoder",
    "Passage",
    "SearchResult",
    "SyncReport",
    "find_encoder",
    "load_documents",
    "split",
    "why_no_encoder",
]
