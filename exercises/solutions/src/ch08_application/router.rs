use std::fmt;

use super::path_of;
use crate::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Handler, Reply, Request},
};

/// The known methods. Any other is not implemented, on every path.
///
/// Source: RFC 9110, 9.3; RFC 5789.
const KNOWN: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

/// Finds the handler of a request by its method and its path.
///
/// It also answers `HEAD` (as `GET`), `OPTIONS`, 404, 405 and 501 from its routes.
#[derive(Default)]
pub struct Router {
    routes: Vec<Route>,
}

struct Route {
    method: String,
    path: String,
    handler: Box<dyn Handler>,
}

impl Router {
    /// Adds a handler for one method and one path. Compares the whole path, decoded.
    pub fn route(&mut self, method: &str, path: &str, handler: impl Handler + 'static) -> &mut Self {
        self.routes.push(Route { method: method.into(), path: path.into(), handler: Box::new(handler) });
        self
    }

    /// Finds the route. The writer leaves out the body of an answer to `HEAD`, so a `GET` route serves it.
    ///
    /// Source: RFC 9110, 9.3.2.
    fn find(&self, method: &str, path: &str) -> Option<usize> {
        let find =
            |method: &str| self.routes.iter().position(|route| route.path == path && route.method == method);
        find(method).or_else(|| find("GET").filter(|_| method == "HEAD"))
    }

    /// Returns the methods of the routes with these paths, with `HEAD` and `OPTIONS`; `None` if there is no such route.
    fn allowed(&self, has_path: impl Fn(&str) -> bool) -> Option<String> {
        let mut methods: Vec<&str> = Vec::new();
        for route in self.routes.iter().filter(|route| has_path(&route.path)) {
            let with_head = if route.method == "GET" { Some("HEAD") } else { None };
            for method in [route.method.as_str()].into_iter().chain(with_head) {
                if !methods.contains(&method) {
                    methods.push(method);
                }
            }
        }
        if methods.is_empty() {
            return None;
        }
        if !methods.contains(&"OPTIONS") {
            methods.push("OPTIONS");
        }
        Some(methods.join(", "))
    }

    /// Returns the answer for a method without a route.
    fn without_route(&self, method: &str, path: &str) -> Response {
        match self.allowed(|own| own == path) {
            None => text(404),
            Some(allow) if method == "OPTIONS" => with_allow(empty(200), allow),
            Some(allow) => with_allow(text(405), allow),
        }
    }
}

impl Handler for Router {
    fn call(&mut self, request: Request) -> Result<Reply, BoxError> {
        let method = request.head.method.as_str();
        if !KNOWN.contains(&method) && !self.routes.iter().any(|route| route.method == method) {
            return Ok(Reply::Now(text(501)));
        }
        if request.head.target == "*" {
            let allow = self.allowed(|_| true).unwrap_or_else(|| "OPTIONS".into());
            return Ok(Reply::Now(with_allow(empty(200), allow)));
        }
        let Ok(path) = path_of(&request.head.target) else { return Ok(Reply::Now(text(400))) };
        match self.find(method, &path) {
            Some(route) => self.routes[route].handler.call(request),
            None => Ok(Reply::Now(self.without_route(method, &path))),
        }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes.iter().map(|route| format!("{} {}", route.method, route.path));
        f.debug_list().entries(routes).finish()
    }
}

fn text(status: u16) -> Response {
    let headers = vec![("Content-Type".into(), "text/plain".into())];
    Response { status, headers, body: Body::Full(format!("{status}\n").into_bytes()) }
}

fn empty(status: u16) -> Response {
    Response { status, headers: Vec::new(), body: Body::Full(Vec::new()) }
}

/// Adds the field `Allow`.
///
/// Source: RFC 9110, 10.2.1.
fn with_allow(mut response: Response, allow: String) -> Response {
    response.headers.push(("Allow".into(), allow));
    response
}
