//! What one end said, as a parser read it.

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The end that sent the first SYN.
    Client,
    /// The other end.
    Server,
}

impl Side {
    /// `client` or `server`, in JSON and in sentences.
    pub fn id(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
        }
    }

    /// The other end.
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A name of ours.
    Name(&'static str),
    /// Text from the network, escaped and cut.
    Text(String),
    /// A number.
    Number(u64),
}

/// Something that was read, by its name in JSON.
pub type Field = (&'static str, Value);

/// A protocol, whatever its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TLS and SSL.
    Tls,
    /// HTTP/1.0 and HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// WebSocket, after HTTP.
    WebSocket,
    /// PostgreSQL.
    PostgreSql,
    /// MySQL and MariaDB.
    MySql,
    /// Redis and those who speak as it does.
    Redis,
    /// SSH.
    Ssh,
    /// SMTP.
    Smtp,
    /// FTP.
    Ftp,
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// AMQP.
    Amqp,
    /// DNS over TCP.
    Dns,
    /// MQTT.
    Mqtt,
    /// Kafka.
    Kafka,
    /// MongoDB.
    MongoDb,
    /// Microsoft SQL Server.
    Tds,
    /// memcached.
    Memcached,
    /// LDAP.
    Ldap,
    /// Cassandra.
    Cassandra,
    /// NATS.
    Nats,
}

impl Protocol {
    /// The name for a person.
    pub fn label(self) -> &'static str {
        match self {
            Protocol::Tls => "TLS",
            Protocol::Http1 => "HTTP",
            Protocol::Http2 => "HTTP/2",
            Protocol::WebSocket => "WebSocket",
            Protocol::PostgreSql => "PostgreSQL",
            Protocol::MySql => "MySQL",
            Protocol::Redis => "Redis",
            Protocol::Ssh => "SSH",
            Protocol::Smtp => "SMTP",
            Protocol::Ftp => "FTP",
            Protocol::Imap => "IMAP",
            Protocol::Pop3 => "POP3",
            Protocol::Amqp => "AMQP",
            Protocol::Dns => "DNS",
            Protocol::Mqtt => "MQTT",
            Protocol::Kafka => "Kafka",
            Protocol::MongoDb => "MongoDB",
            Protocol::Tds => "SQL Server",
            Protocol::Memcached => "memcached",
            Protocol::Ldap => "LDAP",
            Protocol::Cassandra => "Cassandra",
            Protocol::Nats => "NATS",
        }
    }

    /// The name in JSON, where the version is not told.
    pub fn id(self) -> &'static str {
        match self {
            Protocol::Tls => "tls",
            Protocol::Http1 => "http/1.1",
            Protocol::Http2 => "http/2",
            Protocol::WebSocket => "websocket",
            Protocol::PostgreSql => "postgresql",
            Protocol::MySql => "mysql",
            Protocol::Redis => "redis",
            Protocol::Ssh => "ssh",
            Protocol::Smtp => "smtp",
            Protocol::Ftp => "ftp",
            Protocol::Imap => "imap",
            Protocol::Pop3 => "pop3",
            Protocol::Amqp => "amqp",
            Protocol::Dns => "dns",
            Protocol::Mqtt => "mqtt",
            Protocol::Kafka => "kafka",
            Protocol::MongoDb => "mongodb",
            Protocol::Tds => "tds",
            Protocol::Memcached => "memcached",
            Protocol::Ldap => "ldap",
            Protocol::Cassandra => "cassandra",
            Protocol::Nats => "nats",
        }
    }

    /// What a server's port is usually for: a tie-break between readings, never proof.
    pub fn of_port(port: u16) -> Option<Protocol> {
        Some(match port {
            443 | 636 | 853 | 993 | 995 | 465 | 6443 | 8443 | 9443 | 5671 | 8883 => Protocol::Tls,
            80 | 3000 | 8000 | 8080 | 8081 | 8888 => Protocol::Http1,
            50051 => Protocol::Http2,
            5432 | 5433 | 6432 => Protocol::PostgreSql,
            3306 | 3307 => Protocol::MySql,
            6379 | 6380 | 26379 => Protocol::Redis,
            22 | 2222 => Protocol::Ssh,
            25 | 587 | 2525 => Protocol::Smtp,
            21 => Protocol::Ftp,
            143 => Protocol::Imap,
            110 => Protocol::Pop3,
            5672 => Protocol::Amqp,
            53 => Protocol::Dns,
            1883 => Protocol::Mqtt,
            9092 => Protocol::Kafka,
            27017..=27019 => Protocol::MongoDb,
            1433 => Protocol::Tds,
            11211 => Protocol::Memcached,
            389 | 3268 => Protocol::Ldap,
            9042 => Protocol::Cassandra,
            4222 => Protocol::Nats,
            _ => return None,
        })
    }
}

/// How a message stands to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It asks for an answer, or is one.
    Exchange,
    /// It may be an answer, and asks for none: an error that ends all.
    LastWord,
    /// Neither asks nor answers: an alert, a goodbye, an acknowledgment.
    Statement,
}

/// One end's message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The protocol.
    pub protocol: Protocol,
    /// The protocol's name in JSON, with its version.
    pub id: &'static str,
    /// Do the bytes alone prove the protocol? If not, the port or the other end must agree.
    pub certain: bool,
    /// What was read.
    pub fields: Vec<Field>,
    /// In words, without the protocol's name: "ClientHello for example.org".
    pub words: String,
    /// Do the words need the protocol's name before them?
    pub named: bool,
    /// Do the words leave open who said it?
    pub anonymous: bool,
    /// How it stands to the message before it.
    pub role: Role,
}

impl Message {
    /// A message that proves its protocol, asks or answers, and says who sent it.
    pub fn new(protocol: Protocol, words: impl Into<String>) -> Message {
        Message {
            protocol,
            id: protocol.id(),
            certain: true,
            fields: Vec::new(),
            words: words.into(),
            named: true,
            anonymous: false,
            role: Role::Exchange,
        }
    }

    /// With a field more.
    pub fn with(mut self, key: &'static str, value: Value) -> Message {
        self.fields.push((key, value));
        self
    }

    /// With a field more, if there is a value.
    pub fn with_some(self, key: &'static str, value: Option<Value>) -> Message {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The port or the other end must agree, unless this is so.
    pub fn certain_if(mut self, certain: bool) -> Message {
        self.certain = certain;
        self
    }

    /// Words that leave open who said it.
    pub fn anonymous(mut self) -> Message {
        self.anonymous = true;
        self
    }

    /// Asks for no answer.
    pub fn last_word(mut self) -> Message {
        self.role = Role::LastWord;
        self
    }

    /// Neither asks nor answers.
    pub fn statement(mut self) -> Message {
        self.role = Role::Statement;
        self
    }

    /// Does it tell an error, or that the server is about to close: 408 (RFC 9110 section 15.5.9), 421 (RFC 5321
    /// section 4.2.2, RFC 959 section 4.2.2)?
    pub fn complains(&self) -> bool {
        self.fields
            .iter()
            .any(|field| matches!(field, ("error", _) | ("status", Value::Number(408)) | ("code", Value::Number(421))))
    }

    /// The value of a field, if it is a name of ours.
    pub fn name(&self, key: &str) -> Option<&'static str> {
        self.fields.iter().find_map(|field| match field {
            (name, Value::Name(value)) if *name == key => Some(*value),
            _ => None,
        })
    }

    /// The value of a field, if it is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.fields.iter().find_map(|field| match field {
            (name, Value::Text(value)) if *name == key => Some(value.as_str()),
            _ => None,
        })
    }

    /// Adds it in words, with the protocol's name.
    pub fn add_named_words(&self, text: &mut String) {
        if self.named {
            text.push_str(self.protocol.label());
            text.push(' ');
        }
        text.push_str(&self.words);
    }
}
